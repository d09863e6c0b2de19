import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { CircleCheck, Undo2 } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";

import { heldRetractionsQuery, holdsQuery, pairsQuery, reviewCount } from "../../calls/review.ts";
import { useRefusal } from "../../calls/session.ts";
import { qualityQuery } from "../../calls/standing.ts";
import { Button } from "../../parts/button.tsx";
import { counted } from "../../parts/counted.ts";
import { numberWords } from "../../parts/number-words.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { EmptyState, Loaded } from "../../parts/states.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { RevokeDialog } from "../device/act-dialog.tsx";
import { ReviewCase } from "./review-case.tsx";
import { ReviewDialog } from "./review-dialog.tsx";
import {
  indexAfter,
  kindsOf,
  placeOf,
  readKind,
  REVIEW_KEYS,
  reviewItems,
  type ReviewAct,
  type ReviewItem,
  type ReviewKind,
} from "./review-items.ts";

const route = getRouteApi("/t/$tenant/review");

/** What waits for a person: held publications and retirings, pairs held apart, contested values, flapping and crowded devices. */
export function ReviewPage(): ReactNode {
  const { tenant } = route.useParams();
  const pairs = useQuery(pairsQuery(tenant));
  const holds = useQuery(holdsQuery(tenant));
  const retractions = useQuery(heldRetractionsQuery(tenant));
  const quality = useQuery(qualityQuery(tenant));
  const parts = [pairs, holds, retractions, quality];
  const failed = parts.find(({ error, data }) => error !== null && data === undefined);
  const waiting = {
    pairs: pairs.data,
    holds: holds.data,
    retractions: retractions.data,
    quality: quality.data,
  };
  const isLoaded = parts.every(({ data }) => data !== undefined);
  const items = isLoaded ? reviewItems(waiting) : undefined;
  const query = {
    data: items,
    error: failed?.error,
    refetch: () => parts.forEach((part) => void part.refetch()),
  };
  return (
    <>
      <PageHeader
        title="Review"
        about={`${items === undefined ? "" : countWords(items.length, reviewCount(quality.data, retractions.data) ?? items.length)}What the engine does not decide by itself, the most urgent first.`}
      />
      <Loaded query={query} lines={8}>
        {(loaded) =>
          loaded.length === 0 ? (
            <Panel>
              <EmptyState icon={CircleCheck} title="Nothing waits for a decision">
                Pairs that look like one device, contested values, held publications and retirings
                come here by themselves.
              </EmptyState>
            </Panel>
          ) : (
            <Queue tenant={tenant} items={loaded} />
          )
        }
      </Loaded>
    </>
  );
}

function countWords(listed: number, all: number): string {
  if (all === 0) return "";
  const rest = all > listed ? `, ${numberWords(listed)} of them listed` : "";
  return `${counted(all, "case")}${rest}. `;
}

function Keys(): ReactNode {
  return (
    <div className="table-foot keys" role="group" aria-label="Keys of this page">
      {REVIEW_KEYS.map(([key, about]) => (
        <span key={key} className="small muted">
          <kbd>{key}</kbd> {about}
        </span>
      ))}
    </div>
  );
}

/** What a dialog asks of, as it was when it opened: cases come and go meanwhile, and an act is of its own case alone. */
type Asked = { readonly item: ReviewItem; readonly act: ReviewAct };

type QueueProps = { readonly tenant: string; readonly items: readonly ReviewItem[] };

/** The cases of one kind, or of all, and the one that is looked at; both stand in the address. */
function Queue({ tenant, items: all }: QueueProps): ReactNode {
  const { kind, items, index, item, pick, choose } = useChosen(all);
  const navigate = route.useNavigate();
  const refusal = useRefusal(tenant, "operator");
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  const [decided, setDecided] = useState<number | undefined>(undefined);
  const [isUndoing, setIsUndoing] = useState(false);
  const may = refusal === undefined;
  const ask = (act: ReviewAct): void => {
    if (item === undefined) return;
    pick(index);
    setAsked({ item, act });
  };
  useKeys((key) => {
    if (key === "j" || key === "k") pick(indexAfter(key, index, items.length));
    else if (key === "a" && may && item?.accept !== undefined) ask(item.accept);
    else if (key === "d" && may && item?.dismiss !== undefined) ask(item.dismiss);
    else if (key === "u" && may && decided !== undefined) setIsUndoing(true);
    else if (key === "e" && item?.devices[0] !== undefined) {
      const params = { tenant, device: item.devices[0].id };
      void navigate({ to: "/t/$tenant/devices/$device", params, search: { tab: "identity" } });
    } else return false;
    return true;
  });
  return (
    <>
      <div className="row-between">
        <KindFilter all={all} kind={kind} onChange={choose} />
        <UndoLast
          tenant={tenant}
          decided={decided}
          isOpen={isUndoing}
          onOpen={setIsUndoing}
          onDone={() => setDecided(undefined)}
        />
      </div>
      <div className="grid cases-grid">
        <CaseList items={items} index={index} onPick={(at) => pickAndShow(() => pick(at))} />
        {item !== undefined && (
          <ReviewCase tenant={tenant} item={item} refusal={refusal} onAct={ask} />
        )}
      </div>
      {asked !== undefined && (
        <ReviewDialog
          key={asked.item.id}
          tenant={tenant}
          title={asked.item.title}
          asked={asked.act}
          onClose={() => setAsked((now) => (now === asked ? undefined : now))}
          onDecided={setDecided}
        />
      )}
    </>
  );
}

type Chosen = {
  readonly kind: ReviewKind | undefined;
  readonly items: readonly ReviewItem[];
  readonly index: number;
  readonly item: ReviewItem | undefined;
  readonly pick: (index: number) => void;
  readonly choose: (kind: ReviewKind | undefined) => void;
};

/** What the address names of the cases; where a case is gone, the list stays where it stood. */
function useChosen(all: readonly ReviewItem[]): Chosen {
  const { kind: named, case: id } = route.useSearch();
  const navigate = route.useNavigate();
  const [before, setBefore] = useState(0);
  const wanted = readKind(named);
  const kind = all.some((one) => one.kind === wanted) ? wanted : undefined;
  const items = kind === undefined ? all : all.filter((one) => one.kind === kind);
  const index = placeOf(items, { id, before });
  useEffect(() => {
    document.querySelector(".case[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [index, kind]);
  return {
    kind,
    items,
    index,
    item: items[index],
    pick: (at) => {
      setBefore(at);
      void navigate({ search: { kind, case: items[at]?.id }, replace: true });
    },
    choose: (next) => {
      setBefore(0);
      void navigate({ search: { kind: next }, replace: true });
    },
  };
}

/** Picks, and goes down to the case after the list itself has come to it. */
function pickAndShow(pick: () => void): void {
  pick();
  requestAnimationFrame(showCase);
}

type UndoLastProps = {
  readonly tenant: string;
  /** Number of the last decision made here. */
  readonly decided: number | undefined;
  readonly isOpen: boolean;
  readonly onOpen: (isOpen: boolean) => void;
  readonly onDone: () => void;
};

/** Takes the last decision back; nothing where none was made here. */
function UndoLast({ tenant, decided, isOpen, onOpen, onDone }: UndoLastProps): ReactNode {
  if (decided === undefined) return null;
  return (
    <>
      <Button onClick={() => onOpen(true)}>
        <Undo2 size={15} aria-hidden />
        Take decision {decided} back <kbd className="only-wide">u</kbd>
      </Button>
      <RevokeDialog
        tenant={tenant}
        assertionNo={isOpen ? decided : undefined}
        onClose={() => onOpen(false)}
        onDone={onDone}
      />
    </>
  );
}

/** Hears single keys that no field or dialog has use for; `act` says whether it took one. */
function useKeys(act: (key: string) => boolean): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      if (event.defaultPrevented) return;
      if (event.ctrlKey || event.metaKey || event.altKey || isElsewhere(event.target)) return;
      if (latest.current(event.key)) event.preventDefault();
    };
    globalThis.addEventListener("keydown", hear);
    return () => globalThis.removeEventListener("keydown", hear);
  }, []);
}

type KindFilterProps = {
  readonly all: readonly ReviewItem[];
  readonly kind: ReviewKind | undefined;
  readonly onChange: (kind: ReviewKind | undefined) => void;
};

/** Leaves the cases of one kind in the list. */
function KindFilter({ all, kind, onChange }: KindFilterProps): ReactNode {
  const kinds = [{ kind: undefined, title: "All", count: all.length }, ...kindsOf(all)];
  return (
    <div className="choices" role="group" aria-label="Kind of case">
      {kinds.map((one) => (
        <button
          key={one.title}
          type="button"
          className="choice"
          aria-pressed={one.kind === kind}
          onClick={() => onChange(one.kind)}
        >
          {one.title} <span className="count">{numberWords(one.count)}</span>
        </button>
      ))}
    </div>
  );
}

/** Where the case stands below the list, as on a phone, a tap on the list goes down to it. */
function showCase(): void {
  const list = document.querySelector(".cases")?.getBoundingClientRect();
  const shown = document.querySelector(".cases-grid > :nth-child(2)");
  if (list === undefined || shown === null) return;
  if (shown.getBoundingClientRect().top >= list.bottom) shown.scrollIntoView({ block: "start" });
}

/** Keys belong to fields and dialogs where one is used. */
function isElsewhere(target: EventTarget | null): boolean {
  const isField =
    target instanceof HTMLElement && /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  return isField || document.querySelector("[role=dialog]") !== null;
}

type CaseListProps = {
  readonly items: readonly ReviewItem[];
  readonly index: number;
  readonly onPick: (index: number) => void;
};

function CaseList({ items, index, onPick }: CaseListProps): ReactNode {
  return (
    <section className="panel" data-span={5} aria-label="Cases">
      <ol className="cases">
        {items.map((one, at) => (
          <li key={one.id}>
            <CaseLine item={one} isPicked={at === index} onPick={() => onPick(at)} />
          </li>
        ))}
      </ol>
      <Keys />
    </section>
  );
}

type CaseLineProps = {
  readonly item: ReviewItem;
  readonly isPicked: boolean;
  readonly onPick: () => void;
};

function CaseLine({ item, isPicked, onPick }: CaseLineProps): ReactNode {
  return (
    <button
      type="button"
      className="case"
      aria-current={isPicked ? "true" : undefined}
      onClick={onPick}
    >
      <span className="name">{item.title}</span>
      <span className="muted small about">{item.about}</span>
      {item.since !== undefined && (
        <span className="muted small">
          <TimeAgo at={item.since} />
        </span>
      )}
    </button>
  );
}
