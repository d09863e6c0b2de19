/** Characters that a quoted element of an array's text cannot hold as they are. */
const SPECIAL = /["\\]/;

/**
 * A parameter as the driver takes it: an array of plain values is its text already, anything else is left to the driver. The driver
 * writes arrays element by element, with two searches each; batches are columns of thousands.
 */
export function encoded(parameter: unknown): unknown {
  return Array.isArray(parameter) ? (arrayText(parameter) ?? parameter) : parameter;
}

/** Undefined where an element is neither text, number, boolean nor null. */
function arrayText(elements: readonly unknown[]): string | undefined {
  const texts: string[] = [];
  for (const element of elements) {
    if (typeof element === "string") texts.push(quoted(element));
    else if (typeof element === "number" || typeof element === "boolean") {
      texts.push(String(element));
    } else if (element === null || element === undefined) texts.push("NULL");
    else return undefined;
  }
  return `{${texts.join(",")}}`;
}

function quoted(text: string): string {
  return SPECIAL.test(text)
    ? `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`
    : `"${text}"`;
}
