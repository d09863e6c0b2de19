import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import type { ReactNode } from "react";

import { deviceGroupsQuery } from "../../calls/devices.ts";
import { tenantQuery } from "../../calls/standing.ts";
import { Button } from "../../parts/button.tsx";
import { Menu, MenuItem, MenuLabel, MenuLine, MenuPart } from "../../parts/menu.tsx";
import { numberWords } from "../../parts/number-words.ts";
import { chipsOf, chipWords, FILTER_FIELDS, withChip, withoutChip } from "./query-chips.ts";
import { conditionOf } from "./query-text.ts";

/** Conditions that need no look at what devices there are, each as SRQL. */
const FREQUENT = [
  {
    title: "Risk",
    chips: [
      ["Critical", "risk_level:Critical"],
      ["High", "risk_level:High"],
      ["Medium", "risk_level:Medium"],
      ["Low", "risk_level:Low"],
    ],
  },
  {
    title: "Seen",
    chips: [
      ["in the last hour", "time:last_1h"],
      ["in the last day", "time:last_24h"],
      ["in the last week", "time:last_7d"],
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

type Filter = { readonly q: string | undefined; readonly query: string | undefined };
type ChipRowProps = Filter & {
  readonly tenant: string;
  readonly onChange: (wanted: Filter) => void;
};

/** What the list is filtered by, one chip a condition, each taken away by a click; and a menu that adds one. */
export function ChipRow({ tenant, q, query, onChange }: ChipRowProps): ReactNode {
  const chips = query === undefined ? [] : chipsOf(query);
  const isFiltered = q !== undefined || chips.length > 0;
  const add = (chip: string): void => onChange({ q, query: withChip(query, chip) });
  return (
    <div className="chips" role="group" aria-label="Filters">
      {q !== undefined && (
        <Chip chip={`matches ${q}`} onRemove={() => onChange({ q: undefined, query })} />
      )}
      {chips.map((chip, index) => (
        <Chip
          key={`${index} ${chip}`}
          chip={chip}
          onRemove={() => onChange({ q, query: withoutChip(query ?? "", index) })}
        />
      ))}
      <FilterMenu tenant={tenant} within={{ q, query }} onAdd={add} />
      {isFiltered && (
        <Button kind="quiet" onClick={() => onChange({ q: undefined, query: undefined })}>
          Clear
        </Button>
      )}
    </div>
  );
}

type FilterMenuProps = {
  readonly tenant: string;
  readonly within: Filter;
  readonly onAdd: (chip: string) => void;
};

/** Adds a condition without writing: a field, then one of the values that its devices have. */
function FilterMenu({ tenant, within, onAdd }: FilterMenuProps): ReactNode {
  return (
    <Menu
      align="start"
      trigger={
        <Button kind="quiet">
          <Plus size={14} aria-hidden />
          Filter
        </Button>
      }
    >
      <MenuPart title="Source">
        <SourceValues tenant={tenant} onAdd={onAdd} />
      </MenuPart>
      {FILTER_FIELDS.map(([field, title]) => (
        <MenuPart key={field} title={title}>
          <FieldValues tenant={tenant} field={field} within={within} onAdd={onAdd} />
        </MenuPart>
      ))}
      <MenuLine />
      {FREQUENT.map(({ title, chips }) => (
        <MenuPart key={title} title={title}>
          {chips.map(([words, chip]) => (
            <MenuItem key={chip} onSelect={() => onAdd(chip)}>
              {words}
            </MenuItem>
          ))}
        </MenuPart>
      ))}
    </Menu>
  );
}

const NOT_ANSWERED = "Not answered; write the query instead";
/** Values offered; the others are written into the search field, which completes. */
const VALUES_MAX = 15;

type FieldValuesProps = FilterMenuProps & { readonly field: string };

/** The values that the most devices have, of those that the list shows now. */
function FieldValues({ tenant, field, within, onAdd }: FieldValuesProps): ReactNode {
  const { data, isError } = useQuery(deviceGroupsQuery(tenant, field, within));
  if (isError) return <MenuLabel>{NOT_ANSWERED}</MenuLabel>;
  if (data === undefined) return <MenuLabel>Counting…</MenuLabel>;
  const { groups } = data;
  const more = groups.length - VALUES_MAX;
  return (
    <>
      {groups.length === 0 && <MenuLabel>No device</MenuLabel>}
      {groups.slice(0, VALUES_MAX).map(({ values: [value = null], devices }) => (
        <ValueItem
          key={value}
          words={value ?? "Not known"}
          devices={devices}
          onPick={() => onAdd(value === null ? `!${field}:%` : conditionOf(field, value))}
        />
      ))}
      {more > 0 && <MenuLabel>{`and ${numberWords(more)} more: write ${field}:…`}</MenuLabel>}
    </>
  );
}

/** Sources with how much of the inventory each sees. */
function SourceValues({ tenant, onAdd }: Omit<FilterMenuProps, "within">): ReactNode {
  const { data, isError } = useQuery(tenantQuery(tenant));
  if (data === undefined) {
    return <MenuLabel>{isError ? NOT_ANSWERED : "Counting…"}</MenuLabel>;
  }
  const { devices_by_source: sources } = data;
  if (sources.length === 0) return <MenuLabel>No source</MenuLabel>;
  return sources.map(({ id, source, devices }) => (
    <ValueItem
      key={id}
      words={source}
      devices={devices}
      onPick={() => onAdd(conditionOf("source", source))}
    />
  ));
}

type ValueItemProps = {
  readonly words: string;
  readonly devices: number;
  readonly onPick: () => void;
};

function ValueItem({ words, devices, onPick }: ValueItemProps): ReactNode {
  return (
    <MenuItem onSelect={onPick}>
      <span className="clip">{words}</span>
      <span className="muted number to-end">{numberWords(devices)}</span>
    </MenuItem>
  );
}

type ChipProps = { readonly chip: string; readonly onRemove: () => void };

/** A condition in words where there are some; the query itself on hover. */
function Chip({ chip, onRemove }: ChipProps): ReactNode {
  const words = chipWords(chip);
  return (
    <span className="chip" title={chip}>
      {words === undefined ? (
        <code>{chip}</code>
      ) : (
        <span>
          <span className="muted">{words.title}</span> {words.isNot && "not "}
          <strong>{words.value}</strong>
        </span>
      )}
      <button type="button" aria-label={`Remove ${chip}`} onClick={onRemove}>
        <X size={12} aria-hidden />
      </button>
    </span>
  );
}
