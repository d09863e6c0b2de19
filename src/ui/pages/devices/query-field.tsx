import { Search } from "lucide-react";
import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";

import type { Completion } from "../../../model/srql-complete.ts";
import { Button } from "../../parts/button.tsx";
import { looksLikeQuery } from "./query-text.ts";
import { useCompletions } from "./use-completions.ts";

type QueryFieldProps = {
  readonly tenant: string;
  readonly initial: string;
  readonly onSearch: (typed: string) => void;
};

/** The one search field: a name or a value, or a query, which is completed while it is written. */
export function QueryField({ tenant, initial, onSearch }: QueryFieldProps): ReactNode {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(initial);
  /** Where the reader writes; undefined where nothing is to be offered. */
  const [cursor, setCursor] = useState<number | undefined>(undefined);
  const offered = useCompletions(tenant, typed, cursor);
  const [picked, setPicked] = useState(-1);
  const offer = (text: string, at: number): void => {
    setTyped(text);
    setPicked(-1);
    setCursor(text === "" || !mayBeQuery(text) ? undefined : at);
  };
  const take = ({ text, replaces }: Completion): void => {
    const next = typed.slice(0, replaces.from) + text + typed.slice(replaces.to);
    const end = replaces.from + text.length;
    offer(next, end);
    field.current?.focus();
    requestAnimationFrame(() => field.current?.setSelectionRange(end, end));
  };
  const search = (text: string): void => {
    setCursor(undefined);
    onSearch(text);
  };
  const hear = (event: KeyboardEvent): void => {
    const { key } = event;
    const chosen = offered[picked] ?? (key === "Tab" ? offered[0] : undefined);
    if ((key === "Enter" || key === "Tab") && chosen !== undefined) take(chosen);
    else if (key === "Enter") search(typed);
    else if (key === "ArrowDown") setPicked(Math.min(picked + 1, offered.length - 1));
    else if (key === "ArrowUp") setPicked(Math.max(picked - 1, -1));
    else if (key === "Escape" && offered.length > 0) setCursor(undefined);
    else return;
    event.preventDefault();
  };
  const isOpen = offered.length > 0;
  return (
    <div className="toolbar" role="search">
      <div className="completes grows">
        <input
          ref={field}
          data-search
          className="input"
          role="combobox"
          aria-label="Name, address, MAC, serial, or a query"
          aria-expanded={isOpen}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={picked < 0 ? undefined : `${id}-${picked}`}
          autoComplete="off"
          spellCheck={false}
          placeholder="Name, address, MAC or serial; or a query: vendor_name:cisco site:dc1"
          value={typed}
          onChange={({ target }) => offer(target.value, target.selectionStart ?? 0)}
          onKeyDown={hear}
          onBlur={() => setCursor(undefined)}
        />
        <Completions id={id} offered={offered} picked={picked} onTake={take} />
      </div>
      <Button onClick={() => search(typed)}>
        <Search size={15} aria-hidden />
        Search
      </Button>
    </div>
  );
}

/** What begins like a field's name; an address or MAC is completed to nothing. */
function mayBeQuery(text: string): boolean {
  return looksLikeQuery(text) || /(?:^|[\s(!])[a-z_]+:?$/i.test(text);
}

type CompletionsProps = {
  readonly id: string;
  readonly offered: readonly Completion[];
  readonly picked: number;
  readonly onTake: (completion: Completion) => void;
};

function Completions({ id, offered, picked, onTake }: CompletionsProps): ReactNode {
  return (
    <ul
      id={`${id}-list`}
      role="listbox"
      aria-label="Completions"
      className="menu"
      hidden={offered.length === 0}
    >
      {offered.map((one, index) => (
        <CompletionItem
          key={one.text}
          id={`${id}-${index}`}
          of={one}
          isPicked={index === picked}
          onTake={() => onTake(one)}
        />
      ))}
    </ul>
  );
}

type CompletionItemProps = {
  readonly id: string;
  readonly of: Completion;
  readonly isPicked: boolean;
  readonly onTake: () => void;
};

/** The list is worked from the field, so an item hears the mouse before the field loses the focus. */
function CompletionItem({ id, of, isPicked, onTake }: CompletionItemProps): ReactNode {
  return (
    <li
      id={id}
      role="option"
      aria-selected={isPicked}
      className="menu-item"
      onMouseDown={(event) => {
        event.preventDefault();
        onTake();
      }}
    >
      <code>{of.text}</code>
      <span className="muted small">{of.about}</span>
    </li>
  );
}
