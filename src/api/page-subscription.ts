/** A page that is told again when it has changed, as events `page`. Pure but for the reading that it is given. */
import { eventText, QUIET } from "./news-stream.ts";
import type { Told } from "./tenant-news.ts";

/** What such an answer says: the page as it was read just now, then each time that devices have changed what of it that changed. */
export function subscription(
  page: unknown,
  read: () => Promise<unknown>,
): { readonly first: string; readonly textOf: (told: Told) => Promise<string> } {
  const first = eventText("page", page);
  let last = first;
  let isFirstLook = true;
  const changed = async (): Promise<string> => {
    const text = eventText("page", await read());
    const isSame = text === last;
    last = text;
    return isSame ? QUIET : text;
  };
  return {
    first,
    textOf: async (told) => {
      // What changed between the first page and the first look is no news, so that it is read once more.
      const isDue = told.has("devices") || isFirstLook;
      isFirstLook = false;
      return isDue ? await changed() : QUIET;
    },
  };
}
