//! Choices of which the usual one is not written: what was said before there was a choice reads the same.

/// Encodes an enum of two values: null, or left out at the end, for the first; 1 for the second.
macro_rules! nil_or_one {
    ($choice:ident, $usual:ident, $other:ident) => {
        impl<C> minicbor::Encode<C> for $choice {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                match self {
                    $choice::$usual => e.null()?.ok(),
                    $choice::$other => e.u8(1)?.ok(),
                }
            }

            fn is_nil(&self) -> bool {
                *self == $choice::$usual
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $choice {
            fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                if d.datatype()? == minicbor::data::Type::Null {
                    return d.null().map(|()| $choice::$usual);
                }
                match d.u8()? {
                    1 => Ok($choice::$other),
                    _ => Err(minicbor::decode::Error::message(stringify!($choice))),
                }
            }

            fn nil() -> Option<Self> {
                Some($choice::$usual)
            }
        }
    };
}

pub(crate) use nil_or_one;
