/** Most rows of one page; the original's list has the same. */
export const PAGE_MAX = 500;
