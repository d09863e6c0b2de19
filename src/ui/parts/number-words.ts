const NUMBER = new Intl.NumberFormat("en");

/** A number with its thousands apart; text as it is. */
export function numberWords(value: string | number): string {
  return typeof value === "number" ? NUMBER.format(value) : value;
}
