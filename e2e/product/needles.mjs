// Looks for a text in bytes, in every form in which it might have been left there.

const BASE64_TO_URL = { '+': '-', '/': '_' };

/** Returns the forms of a text: { form, bytes }. */
export function formsOf(text) {
  return formsOfBytes(Buffer.from(text, 'utf8')).concat(
    { form: 'UTF-16LE', bytes: Buffer.from(text, 'utf16le') },
    { form: 'UTF-16BE', bytes: Buffer.from(text, 'utf16le').swap16() },
  );
}

/** Returns the forms of a byte string: raw, hex, base64 wherever in a longer text it may begin. */
export function formsOfBytes(bytes) {
  const hex = bytes.toString('hex');
  const forms = [
    { form: 'raw', bytes },
    { form: 'hex', bytes: Buffer.from(hex) },
    { form: 'HEX', bytes: Buffer.from(hex.toUpperCase()) },
  ];
  for (const offset of [0, 1, 2]) {
    const base64 = insideBase64(bytes, offset);
    forms.push({ form: `base64+${offset}`, bytes: Buffer.from(base64) });
    const url = base64.replace(/[+/]/g, (sign) => BASE64_TO_URL[sign]);
    if (url !== base64) forms.push({ form: `base64url+${offset}`, bytes: Buffer.from(url) });
  }
  return forms;
}

/** Returns the digits that do not depend on what stands before and after. */
function insideBase64(bytes, offset) {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64').replace(/=+$/, '');
  const digitsOfOthersBefore = Math.ceil((offset * 4) / 3);
  const digitsSharedWithNext = ((offset + bytes.length) * 8) % 6 === 0 ? 0 : 1;
  return whole.slice(digitsOfOthersBefore, whole.length - digitsSharedWithNext);
}

/** Returns which forms of which texts occur in the bytes. `needles` maps a name to forms. */
export function occurrences(needles, haystack) {
  const found = [];
  for (const [name, forms] of Object.entries(needles)) {
    for (const { form, bytes } of forms) {
      if (haystack.includes(bytes)) found.push(`${name} as ${form}`);
    }
  }
  return found;
}
