/** A word as it begins a cell or stands in a badge: "Serial". */
export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
