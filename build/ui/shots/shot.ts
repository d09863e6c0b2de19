import type { Page } from "playwright-core";

/** One picture. */
export interface Shot {
  readonly name: string;
  readonly path: string;
  /** Nobody is logged in. */
  readonly isOutside?: boolean;
  /** Before the page is opened: answers that are made up. */
  readonly before?: (page: Page) => Promise<void>;
  /** After it has loaded: what a reader would click. */
  readonly act?: (page: Page) => Promise<void>;
  /** It never stops loading, or is not the application. */
  readonly isUnsettled?: boolean;
}
