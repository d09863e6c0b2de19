import { useEffect, useRef } from "react";

import { pageNowMs } from "../../lib/page-clock.ts";
import { SECOND_KEY_MS, shortcut, type ShortcutAct } from "./shortcuts.ts";

/** Hears keys on the whole page while the component stands. */
export function useShortcuts(act: (asked: ShortcutAct) => void): void {
  const beganMs = useRef(0);
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      const hasBegun = pageNowMs() - beganMs.current < SECOND_KEY_MS;
      const asked = shortcut(
        {
          key: event.key,
          isControl: event.ctrlKey || event.metaKey,
          isOther: event.altKey,
          isTyping: isTyping(event.target),
        },
        hasBegun,
      );
      beganMs.current = asked.kind === "began" ? pageNowMs() : 0;
      if (asked.kind === "none" || asked.kind === "began") return;
      event.preventDefault();
      act(asked);
    };
    // Before a page's own keys, whichever was set up first: of `g d` the `d` is none of theirs.
    window.addEventListener("keydown", hear, true);
    return () => window.removeEventListener("keydown", hear, true);
  }, [act]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
