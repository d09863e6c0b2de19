import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { CircleCheck } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";

import { heldRetractionsQuery, holdsQuery, pairsQuery } from "../../calls/review.ts";
import { useMay } from "../../calls/session.ts";
import { qualityQuery } from "../../calls/standing.ts";
import { counted } from "../../parts/counted.ts";
import { numberWords } from "../../parts/number-words.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { EmptyState, Loaded } from "../../parts/states.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { ReviewCase } from "./review-case.tsx";
import { ReviewDialog } from "./review-dialog.tsx";
import {
  indexAfter,
  REVIEW_KEYS,
  reviewItems,
  reviewTotal,
  type ReviewAct,
  type ReviewItem,
} from "./review-items.ts";

/** What waits for a person: held publications and retirings, pairs held apart, contested values, flapping and crowded devices. */
export function ReviewPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
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
        about={`${items === undefined ? "" : countWords(items.length, reviewTotal(waiting))}What the engine does not decide by itself, the most urgent first.`}
        acts={<Keys />}
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
    <span className="keys only-wide" aria-label="Keys of this page">
      {REVIEW_KEYS.map(([key, about]) => (
        <span key={key} className="small muted">
          <kbd>{key}</kbd> {about}
        </span>
      ))}
    </span>
  );
}

type QueueProps = { readonly tenant: string; readonly items: readonly ReviewItem[] };

function Queue({ tenant, items }: QueueProps): ReactNode {
  const navigate = useNavigate();
  const may = useMay(tenant, "operator");
  const [wanted, setWanted] = useState(0);
  const [asked, setAsked] = useState<ReviewAct | undefined>(undefined);
  const index = Math.min(wanted, items.length - 1);
  const item = items[index];
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isElsewhere(event.target)) return;
      const { key } = event;
      if (key === "j" || key === "k") setWanted(indexAfter(key, index, items.length));
      else if (key === "a" && may && item?.accept !== undefined) setAsked(item.accept);
      else if (key === "d" && may && item?.dismiss !== undefined) setAsked(item.dismiss);
      else if (key === "o" && item?.devices[0] !== undefined) {
        const device = item.devices[0].id;
        const params = { tenant, device };
        void navigate({ to: "/t/$tenant/devices/$device", params, search: { tab: "identity" } });
      } else return;
      event.preventDefault();
    };
    globalThis.addEventListener("keydown", hear);
    return () => globalThis.removeEventListener("keydown", hear);
  }, [index, item, items.length, may, navigate, tenant]);
  useEffect(() => {
    document.querySelector(".case[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [index]);
  return (
    <div className="grid cases-grid">
      <section className="panel" data-span={5} aria-label="Cases">
        <ol className="cases">
          {items.map((one, at) => (
            <li key={one.id}>
              <CaseLine
                item={one}
                isPicked={at === index}
                onPick={() => {
                  setWanted(at);
                  // After the list itself has come to the case that is picked.
                  requestAnimationFrame(showCase);
                }}
              />
            </li>
          ))}
        </ol>
      </section>
      {item !== undefined && <ReviewCase tenant={tenant} item={item} may={may} onAct={setAsked} />}
      {item !== undefined && (
        <ReviewDialog
          key={item.id}
          tenant={tenant}
          title={item.title}
          asked={asked}
          onClose={() => setAsked(undefined)}
        />
      )}
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
      <span className="muted small">
        {item.about} {item.since !== undefined && <TimeAgo at={item.since} />}
      </span>
    </button>
  );
}
