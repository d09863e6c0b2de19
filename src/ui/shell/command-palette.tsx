import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Server } from "lucide-react";
import { useState, type ReactNode } from "react";

import { devicesQuery } from "../calls/devices.ts";
import { sourcesPageQuery } from "../calls/sources.ts";
import { Dialog } from "../parts/dialog.tsx";
import { NavIcon } from "./nav-icons.tsx";
import { placesLike } from "./nav.ts";

type PaletteProps = {
  readonly tenant: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
};

type Choice = {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly icon: ReactNode;
  readonly go: () => unknown;
};

/** Devices offered: more would hide the places. */
const DEVICES_SHOWN = 8;
/** Sources offered. */
const SOURCES_SHOWN = 8;
/** Fewer characters find too much to be of use. */
const FIND_FROM = 2;

/** Goes anywhere by a few letters; what looks like a device is looked for. */
export function CommandPalette({ tenant, isOpen, onClose }: PaletteProps): ReactNode {
  return (
    <Dialog title="Go to" isOpen={isOpen} onClose={onClose}>
      <PaletteBody tenant={tenant} onClose={onClose} />
    </Dialog>
  );
}

function PaletteBody({ tenant, onClose }: Omit<PaletteProps, "isOpen">): ReactNode {
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const { choices, isSearching } = useChoices(tenant, words.trim());
  const chosen = choices[Math.min(at, choices.length - 1)];
  const take = (choice: Choice | undefined): void => {
    onClose();
    void choice?.go();
  };
  return (
    <div className="stack-s">
      <input
        autoFocus
        className="input"
        role="combobox"
        aria-label="Page, source or device"
        aria-expanded
        aria-controls="palette-list"
        aria-activedescendant={chosen === undefined ? undefined : `palette-${chosen.id}`}
        placeholder="A page, a source, a name, an address, a MAC…"
        value={words}
        onChange={(event) => {
          setWords(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
          if (step !== 0) event.preventDefault();
          setAt((now) => Math.max(0, Math.min(choices.length - 1, now + step)));
          if (event.key === "Enter") take(chosen);
        }}
      />
      <ul id="palette-list" role="listbox" aria-label="Found" className="palette-list">
        {choices.map((choice) => (
          <li
            key={choice.id}
            id={`palette-${choice.id}`}
            role="option"
            aria-selected={choice === chosen}
            className="menu-item"
            onClick={() => take(choice)}
          >
            {choice.icon}
            {choice.title}
            <span className="muted">{choice.about}</span>
          </li>
        ))}
      </ul>
      <p className="muted" role="status">
        {isSearching ? "Searching…" : choices.length === 0 && "Nothing of that name."}
      </p>
    </div>
  );
}

type Choices = {
  readonly choices: readonly Choice[];
  /** Whether an answer that may have more is still to come. */
  readonly isSearching: boolean;
};

function useChoices(tenant: string, words: string): Choices {
  const navigate = useNavigate();
  const { data: page, isLoading } = useQuery({
    ...sourcesPageQuery(tenant, { q: words }, { limit: SOURCES_SHOWN }),
    enabled: words !== "",
  });
  const sources = words === "" ? [] : (page?.rows ?? []);
  const wanted = words.length < FIND_FROM ? undefined : words;
  const { data: found, isLoading: isFinding } = useQuery({
    ...devicesQuery(tenant, { q: wanted ?? "" }),
    enabled: wanted !== undefined,
  });
  const places = placesLike(words).map(({ to, title, icon }): Choice => ({
    id: icon,
    title,
    about: "Page",
    icon: <NavIcon of={icon} />,
    go: () => navigate({ to, params: { tenant } }),
  }));
  const named = sources.map(({ id, name, type }): Choice => ({
    id,
    title: name,
    about: `Source, ${type}`,
    icon: <NavIcon of="sources" />,
    go: () => navigate({ to: "/t/$tenant/sources/$source", params: { tenant, source: name } }),
  }));
  const devices = (wanted === undefined ? [] : (found?.devices ?? []))
    .slice(0, DEVICES_SHOWN)
    .map(({ id, hostname, ip }): Choice => ({
      id,
      title: hostname ?? ip ?? id,
      about: ip ?? "Device",
      icon: <Server size={16} aria-hidden />,
      go: () => navigate({ to: "/t/$tenant/devices/$device", params: { tenant, device: id } }),
    }));
  return { choices: [...places, ...named, ...devices], isSearching: isLoading || isFinding };
}
