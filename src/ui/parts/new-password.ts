/** A new password as it is typed twice. Pure. */

/** What the two fields hold. */
export interface NewPassword {
  readonly text: string;
  readonly again: string;
}

/** Nothing typed yet. */
export const NO_PASSWORD: NewPassword = { text: "", again: "" };

/** What the core asks for at least, characters. */
const CHARS_MIN = 12;

/** Whether it can be sent. */
export function isGoodPassword({ text, again }: NewPassword): boolean {
  return Array.from(text).length >= CHARS_MIN && text === again;
}

/** What is wrong with the repetition, once it is as long as what it repeats. */
export function repeatWrong({ text, again }: NewPassword): string | undefined {
  return again.length >= text.length && again !== text ? "The two differ." : undefined;
}
