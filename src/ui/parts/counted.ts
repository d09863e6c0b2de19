/** Counts in words. Pure. */
import { numberWords } from "./number-words.ts";

/** "1 chunk", "12 chunks"; `many` where that is not made by an s. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${numberWords(count)} ${count === 1 ? one : many}`;
}
