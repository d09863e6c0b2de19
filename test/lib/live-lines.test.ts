import assert from "node:assert/strict";
import { test } from "node:test";

import { LiveLines } from "../../src/lib/live-lines.ts";

test("text scrolls away above lines that are written over in place", () => {
  const { screen, seen } = fakeTerminal({ rows: 6, columns: 20 });
  const live = new LiveLines(screen);
  live.write("log 1\n");
  live.show(["a 1", "b 1"]);
  live.show(["a 2", "b 2", "c 2"]);
  live.write("log 2\nlog 3\n");
  assert.deepEqual(seen(), ["log 1", "log 2", "log 3", "a 2", "b 2", "c 2"]);
  for (let nth = 4; nth < 30; nth += 1) {
    live.write(`log ${nth}\n`);
    live.show([`a ${nth}`, "b"]);
  }
  assert.deepEqual(seen().slice(-4), ["log 28", "log 29", "a 29", "b"]);
  assert.equal(seen().filter((line) => line.startsWith("a")).length, 1);
  live.show([]);
  live.write("log 30\n");
  assert.deepEqual(seen().slice(-3), ["log 28", "log 29", "log 30"]);
});

test("lines that are too long are cut, and too many are counted, so that nothing is left behind", () => {
  const { screen, seen } = fakeTerminal({ rows: 5, columns: 10 });
  const live = new LiveLines(screen);
  live.show(["a line that is far too long for it", "b"]);
  live.show(["c", ..."d e f g h i j k l".split(" ")]);
  assert.deepEqual(seen(), ["c", "d", "e", "and 7 more"]);
  live.show([]);
  assert.deepEqual(seen(), []);
  live.write("a log line that is as long\n");
  assert.equal(seen().join(""), "a log line that is as long", "text itself wraps as ever");
});

/** As much of a terminal as is used: everything it ever showed, with a cursor that cannot leave the last `rows` lines. */
function fakeTerminal({ rows, columns }: { readonly rows: number; readonly columns: number }) {
  const lines: string[] = [""];
  let row = 0;
  let column = 0;
  let wraps = true;
  const put = (char: string): void => {
    if (column >= columns) {
      if (!wraps) return;
      row += 1;
      column = 0;
    }
    const line = (lines[row] ?? "").padEnd(column);
    lines[row] = line.slice(0, column) + char + line.slice(column + 1);
    column += 1;
  };
  const control = (count: number, name: string): void => {
    if (name === "A") row = Math.max(0, lines.length - rows, row - count);
    if (name === "J") {
      lines.length = row + 1;
      lines[row] = (lines[row] ?? "").slice(0, column);
    }
  };
  const write = (text: string): void => {
    // Any control begins with this one, and none of them is in the text.
    for (const [part, count, name] of text.matchAll(/\p{Cc}\[\??(\d*)([A-Za-z])|[^]/gu)) {
      if (part === "\u001B[?7l" || part === "\u001B[?7h") wraps = name === "h";
      else if (name !== undefined) control(Number(count || 1), name);
      else if (part === "\r") column = 0;
      else if (part === "\n") {
        row += 1;
        column = 0;
        lines[row] ??= "";
      } else put(part);
    }
  };
  const seen = (): readonly string[] => lines.filter((line) => line !== "");
  return { screen: { write, rows: () => rows }, seen };
}
