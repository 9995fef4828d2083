// What three sides write about a border crossing that does not exist, between two countries that do not either.

export const english = [
  `Thank you both for coming to the table. Let me set down where I believe we stand, so that anybody can correct me before we go further.

Since the landslide in March the upper road at Veshan has been open for six hours a day. Arvandan says that four hundred lorries wait on its side every morning; Sindhara counts two hundred and sixty. I do not think we need to agree on the number. Both sides agree that fruit rots and drivers sleep in their cabs.

I propose that we speak of three things, in this order: opening hours, inspection, and who pays for the second weighbridge. Nothing is agreed until all three are agreed.`,

  `On opening hours I hear two fears that are not the same fear.

Arvandan fears that longer hours will be used to move goods past its customs officers at night. Sindhara fears that "temporary" hours will become permanent without its parliament having been asked. A single sentence cannot answer both, but two sentences might:

1. From the first of May the crossing is open from 06:00 to 22:00, every day.
2. These hours end on the thirty-first of October unless both sides confirm them in writing.

Please tell me which of the two sentences you could not defend at home, and why.`,

  `A word about how we use this channel. What is written here is a non-paper: nobody is bound by it, nobody quotes it, and I will not forward it. If a delegation needs a text it can carry home, ask me, and I will draft one that says less and commits more.

I should also like to hear directly from the drivers' association before Thursday. They asked for ten minutes; I think ten minutes is cheap.`,

  `Draft language for paragraph 4, in brackets where I am guessing:

"Perishable goods [and medicines] accompanied by a phytosanitary certificate of either side shall be inspected at one post only, by officers of both sides together, and shall not be unloaded [unless the seals are broken]."

The brackets are mine, not yours. Strike what you cannot live with.`,
];

export const farsi = [
  `با سپاس از میانجی محترم برای خلاصه‌ای که فرستادند. ما با ترتیب پیشنهادی موافقیم: نخست ساعت کار گذرگاه، سپس بازرسی، و در پایان هزینهٔ باسکول دوم.

با این حال لازم است یک نکته از همین آغاز روشن باشد. رقم چهارصد کامیون برآورد ما نیست، بلکه شمارش روزانهٔ گمرک در ۱۴ روز گذشته است و می‌توانیم فهرست آن را در اختیار شما بگذاریم.

خواهش می‌کنیم در متن نهایی به جای «موقت» نوشته شود «تا سی‌ویکم اکتبر». این واژه در کشور ما بار حقوقی دارد و پیش‌تر برایمان دردسر ساخته است.`,

  `دربارهٔ ساعت کار: جملهٔ نخست را می‌توانیم بپذیریم، به شرط آنکه پس از ساعت ۲۰ تنها کالاهای فاسدشدنی عبور کنند.

جملهٔ دوم را نیز می‌پذیریم، اما پرسشی داریم. اگر یکی از دو طرف تا پایان اکتبر پاسخی ندهد، سکوت چه معنایی دارد؟ ما سکوت را رد می‌دانیم، نه تأیید.

اگر طرف مقابل همین برداشت را داشته باشد، از نظر ما این بخش تمام است.`,

  `هیئت ما با حضور انجمن رانندگان مخالفتی ندارد، ولی ترجیح می‌دهیم نمایندگان هر دو سوی مرز همزمان شنیده شوند. ده دقیقه برای هر طرف کافی است.

ضمناً دستگاه پرتونگار (مدل XR-7) از دیروز کار نمی‌کند و قطعهٔ آن باید از بندر برسد؛ لطفاً این را در زمان‌بندی بازرسی در نظر بگیرید.`,

  `در بند ۴ کروشهٔ نخست را نگه می‌داریم و کروشهٔ دوم را حذف می‌کنیم:

«کالاهای فاسدشدنی و داروها که گواهی بهداشت یکی از دو طرف را همراه دارند، تنها در یک ایستگاه و با حضور مأموران هر دو طرف بازرسی می‌شوند و تخلیه نمی‌شوند.»

شکسته بودن مهر و موم موضوع دیگری است و بهتر است بند جداگانه‌ای داشته باشد.`,
];

export const urdu = [
  `محترم ثالث، آپ کے خلاصے کا شکریہ۔ ہمیں ترتیب منظور ہے، لیکن ہم چاہتے ہیں کہ دوسرے کانٹے کے اخراجات پر بات آخر تک نہ ٹالی جائے، کیونکہ ہماری وزارتِ خزانہ کا سوال سب سے پہلے یہی ہوگا۔

گاڑیوں کی تعداد کے بارے میں ہمارا عدد دو سو ساٹھ ہے۔ فرق شاید اس لیے ہے کہ ہم خالی واپس جانے والی گاڑیوں کو نہیں گنتے۔ اگر دوسرا فریق اپنی فہرست دے تو ہم بھی اپنی فہرست رکھ دیں گے۔

ہم کسی عدد پر اصرار نہیں کریں گے، بشرطیکہ متن میں کوئی عدد نہ ہو۔`,

  `اوقاتِ کار پر ہمارا جواب یہ ہے: صبح چھ سے رات دس تک کے اوقات ہمیں قبول ہیں، اور اکتیس اکتوبر کی آخری تاریخ بھی۔

خاموشی کے معنی پر ہم دوسرے فریق سے متفق ہیں کہ خاموشی کا مطلب انکار ہے، منظوری نہیں۔ تاہم ہم چاہیں گے کہ ثالث دس دن پہلے دونوں فریقوں کو تحریری یاددہانی بھیجے۔

رات آٹھ بجے کے بعد صرف جلد خراب ہونے والی اشیا کی شرط ہماری پارلیمان میں سوال اٹھائے گی؛ کیا ہم اسے "ترجیحاً" لکھ سکتے ہیں؟`,

  `ڈرائیوروں کی تنظیم کو سننے پر کوئی اعتراض نہیں۔ ہماری طرف سے بیگم زرینہ آفریدی آئیں گی، جو بیس برس تک خود ٹرک چلاتی رہی ہیں۔

ایکس رے مشین (XR-7) کا فالتو پرزہ ہمارے گودام میں موجود ہے۔ ہم اسے کل صبح سرحد تک پہنچا سکتے ہیں، بغیر کسی شرط کے۔ اسے خیر سگالی سمجھیے، رعایت نہیں۔`,

  `شق ۴ میں دوسرے فریق کا متن ہمیں منظور ہے، ایک لفظ کے اضافے کے ساتھ:

"جلد خراب ہونے والی اشیا اور ادویات، جن کے ساتھ کسی ایک فریق کا صحت کا سند نامہ ہو، صرف ایک ہی چوکی پر دونوں فریقوں کے اہلکاروں کی موجودگی میں جانچی جائیں گی اور عام حالات میں اتاری نہیں جائیں گی۔"

"عام حالات میں" کے الفاظ ہماری مجبوری ہیں؛ ان کے بغیر محکمہ صحت دستخط نہیں کرے گا۔`,
];

export const emoji = 'Read and understood 👍🏽 — the apricots 🍑 thank you. 🇨🇭 👩🏽‍🌾 🚛💨';

export const code = `The declaration form rejects our seal numbers. Our technician thinks it is this line:

    if (seal.length < 8 && !seal.startsWith("AR-")) { return "<b>invalid</b>"; }

It should be \`<=\`, and it must accept 7 characters & the prefix "SI-" too.`;

/** A text of exactly so many bytes of UTF-8, in all three scripts. */
export function ofBytes(bytes, opening) {
  const bytesOf = (text) => Buffer.byteLength(text, 'utf8');
  const paragraphs = [opening];
  let size = bytesOf(opening);
  for (let number = 1; ; number += 1) {
    const source = [english, farsi, urdu][number % 3];
    const paragraph = `\n\n§ ${number}. ${source[number % source.length].replaceAll('\n\n', ' ')}`;
    if (size + bytesOf(paragraph) > bytes) break;
    paragraphs.push(paragraph);
    size += bytesOf(paragraph);
  }
  paragraphs.push('.'.repeat(bytes - size));
  return paragraphs.join('');
}
