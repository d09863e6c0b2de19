/**
 * URI alternative names, read from a certificate's DER (X.690, RFC 5280 section 4.2.1.6). Node and Deno offer alternative
 * names as one line of text only, in which Deno 2.9 quotes nothing, so that a DNS name could hold what looks like a URI.
 */

/** id-ce-subjectAltName, 2.5.29.17. */
const SUBJECT_ALT_NAME = Buffer.from([0x55, 0x1d, 0x11]);
/** `[3] EXPLICIT Extensions` of a TBSCertificate. */
const EXTENSIONS_TAG = 0xa3;
/** `[6] IMPLICIT IA5String` of a GeneralName. */
const URI_TAG = 0x86;
/** A length of more bytes than this is over 4 GiB. */
const LENGTH_BYTES_MAX = 4;

type Element = { readonly tag: number; readonly content: Buffer };

/** The URI alternative names of a certificate, in order. Throws RangeError on bytes that are no DER of one. */
export function uriAltNames(certificateDer: Uint8Array): readonly string[] {
  const tbsCertificate = first(first(Buffer.from(certificateDer)));
  const explicit = elementsOf(tbsCertificate).find(({ tag }) => tag === EXTENSIONS_TAG);
  const extensions = explicit === undefined ? [] : elementsOf(first(explicit.content));
  return extensions.flatMap(({ content }) => {
    const parts = elementsOf(content);
    const value = parts.at(-1);
    if (value === undefined || parts[0]?.content.equals(SUBJECT_ALT_NAME) !== true) return [];
    return elementsOf(first(value.content))
      .filter(({ tag }) => tag === URI_TAG)
      .map((name) => name.content.toString("latin1"));
  });
}

/** The content of the first element. */
function first(der: Buffer): Buffer {
  const [element] = elementsOf(der);
  if (element === undefined) throw new RangeError("DER ends early");
  return element.content;
}

function elementsOf(der: Buffer): readonly Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < der.length;) {
    const tag = der.readUInt8(at);
    const { length, start } = lengthAt(der, at + 1);
    if (start + length > der.length) throw new RangeError("DER ends early");
    elements.push({ tag, content: der.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}

/** Up to 127 the length is one byte; above, that byte says how many bytes hold it. */
function lengthAt(der: Buffer, at: number): { readonly length: number; readonly start: number } {
  const short = der.readUInt8(at);
  if (short < 0x80) return { length: short, start: at + 1 };
  const count = short & 0x7f;
  if (count === 0 || count > LENGTH_BYTES_MAX) throw new RangeError("DER length is not usable");
  return { length: der.readUIntBE(at + 1, count), start: at + 1 + count };
}
