/** Retention settings as they are read. Pure. */
import { counted } from "../../parts/counted.ts";
import { numberWords } from "../../parts/number-words.ts";

const UNITS: Readonly<Record<string, (value: number) => string>> = {
  days: (value) => counted(value, "day"),
  hours: (value) => counted(value, "hour"),
  minutes: (value) => counted(value, "minute"),
  percent: (value) => `${value}%`,
  enabled: (value) => (value === 0 ? "no" : "yes"),
};

/** The value with the unit that the setting's name ends in: `retention_days` is "30 days". */
export function settingWords(name: string, value: number): string {
  return UNITS[name.slice(name.lastIndexOf("_") + 1)]?.(value) ?? numberWords(value);
}
