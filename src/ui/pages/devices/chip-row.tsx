import { Plus, X } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "../../parts/button.tsx";
import { Menu, MenuItem, MenuLabel, MenuLine } from "../../parts/menu.tsx";
import { chipsOf, withChip, withoutChip } from "./query-chips.ts";

/** Conditions that are often wanted, each as SRQL. */
const FREQUENT = [
  {
    title: "Seen",
    chips: [
      ["in the last hour", "time:last_1h"],
      ["in the last day", "time:last_24h"],
      ["in the last week", "time:last_7d"],
    ],
  },
  {
    title: "Risk",
    chips: [
      ["critical", "risk_level:Critical"],
      ["high", "risk_level:High"],
      ["medium", "risk_level:Medium"],
    ],
  },
  {
    title: "Availability",
    chips: [
      ["available", "is_available:true"],
      ["not available", "is_available:false"],
    ],
  },
] as const;

type ChipRowProps = {
  readonly q: string | undefined;
  readonly query: string | undefined;
  readonly onChange: (wanted: {
    readonly q: string | undefined;
    readonly query: string | undefined;
  }) => void;
};

/** What the list is filtered by, one chip a condition, each taken away by a click. */
export function ChipRow({ q, query, onChange }: ChipRowProps): ReactNode {
  const chips = query === undefined ? [] : chipsOf(query);
  const isFiltered = q !== undefined || chips.length > 0;
  return (
    <div className="chips" role="group" aria-label="Filters">
      {q !== undefined && (
        <Chip words={`matches ${q}`} onRemove={() => onChange({ q: undefined, query })} />
      )}
      {chips.map((chip, index) => (
        <Chip
          key={`${index} ${chip}`}
          words={chip}
          onRemove={() => onChange({ q, query: withoutChip(query ?? "", index) })}
        />
      ))}
      <Menu
        align="start"
        trigger={
          <Button kind="quiet">
            <Plus size={14} aria-hidden />
            Filter
          </Button>
        }
      >
        {FREQUENT.map((group, at) => (
          <div key={group.title}>
            {at > 0 && <MenuLine />}
            <MenuLabel>{group.title}</MenuLabel>
            {group.chips.map(([words, chip]) => (
              <MenuItem key={chip} onSelect={() => onChange({ q, query: withChip(query, chip) })}>
                {words}
              </MenuItem>
            ))}
          </div>
        ))}
      </Menu>
      {isFiltered && (
        <Button kind="quiet" onClick={() => onChange({ q: undefined, query: undefined })}>
          Clear
        </Button>
      )}
    </div>
  );
}

type ChipProps = { readonly words: string; readonly onRemove: () => void };

function Chip({ words, onRemove }: ChipProps): ReactNode {
  return (
    <span className="chip">
      <code>{words}</code>
      <button type="button" aria-label={`Remove ${words}`} onClick={onRemove}>
        <X size={12} aria-hidden />
      </button>
    </span>
  );
}
