/** What an expression of PromQL names: enough to hold our rules and dashboards to the metrics that there are, not a parser. */

/** `source="netbox"` of a selector. */
interface Matcher {
  readonly label: string;
  readonly value: string;
  readonly isPattern: boolean;
}

/** What an expression names. */
export interface Named {
  readonly selectors: readonly { readonly metric: string; readonly matchers: readonly Matcher[] }[];
  /** Labels that it groups or joins by. */
  readonly grouping: readonly string[];
  readonly functions: readonly string[];
}

const WORDS = new Set(["and", "or", "unless", "bool", "offset"]);
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const RANGE = /\[[^\]]*\]/g;
const NAME = /([a-zA-Z_:][\w:]*)\s*(\(|\{[^}]*\})?/g;
const MATCHER = /(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g;

/** Reads an expression. Braces within a matcher's value are not understood. */
export function readPromql(expression: string): Named {
  const grouping = [...expression.matchAll(GROUPING)].flatMap(([, list = ""]) => wordsOf(list));
  const names = [...expression.replace(GROUPING, "").replace(RANGE, "").matchAll(NAME)];
  const isFunction = ([, , behind = ""]: RegExpExecArray): boolean => behind === "(";
  return {
    grouping: [...new Set(grouping)],
    functions: names.filter(isFunction).map(([, name = ""]) => name),
    selectors: names
      .filter((found) => !isFunction(found) && !WORDS.has(found[1] ?? ""))
      .map(([, metric = "", behind = ""]) => ({ metric, matchers: matchersOf(behind) })),
  };
}

function matchersOf(braces: string): readonly Matcher[] {
  return [...braces.matchAll(MATCHER)].map(([, label = "", operator = "", value = ""]) => ({
    label,
    value,
    isPattern: operator.endsWith("~"),
  }));
}

function wordsOf(list: string): readonly string[] {
  return list.match(/\w+/g) ?? [];
}
