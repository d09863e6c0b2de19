/** Theme and density: what the reader chose, kept in this browser; without a choice the theme is the system's. */

const THEME_KEY = "serviceradar.theme";
const DENSITY_KEY = "serviceradar.density";

/** What may be chosen. */
export const THEMES = ["system", "light", "dark"] as const;
/** One of them. */
export type Theme = (typeof THEMES)[number];
/** How close rows stand. */
export type Density = "normal" | "compact";

/** What was chosen. */
export function chosenLooks(): { readonly theme: Theme; readonly density: Density } {
  const theme = THEMES.find((one) => one === stored(THEME_KEY)) ?? "system";
  return { theme, density: stored(DENSITY_KEY) === "compact" ? "compact" : "normal" };
}

/** Keeps a choice and shows it. */
export function chooseLooks(chosen: { readonly theme?: Theme; readonly density?: Density }): void {
  if (chosen.theme !== undefined) store(THEME_KEY, chosen.theme);
  if (chosen.density !== undefined) store(DENSITY_KEY, chosen.density);
  applyLooks();
}

/** Shows what was chosen, and follows the system while it decides. */
export function applyLooks(): void {
  const { theme, density } = chosenLooks();
  const { dataset } = document.documentElement;
  dataset["theme"] = theme === "system" ? (prefersDark().matches ? "dark" : "light") : theme;
  dataset["density"] = density;
}

/** Calls whenever the system's theme changes, until the function that it gives is called. */
export function followSystem(): () => void {
  const media = prefersDark();
  media.addEventListener("change", applyLooks);
  return () => media.removeEventListener("change", applyLooks);
}

function prefersDark(): MediaQueryList {
  return window.matchMedia("(prefers-color-scheme: dark)");
}

/** A browser may forbid storage. */
function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Then the choice lasts as long as the page.
  }
}
