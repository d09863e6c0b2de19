import { useQuery } from "@tanstack/react-query";
import { History, Tag } from "lucide-react";
import { useState, type ReactNode } from "react";

import { useRefusal } from "../../calls/session.ts";
import { isTakeable, isWhole, type TagChange } from "../../calls/tag-work.ts";
import { goOnWithTags, tagChangesQuery, undoTags } from "../../calls/tags.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import type { Column } from "../../parts/column.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { numberWords } from "../../parts/number-words.ts";
import { EmptyState, Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { TagProgress } from "./tag-progress.tsx";
import { changeWords, progressWords, reachWords } from "./tag-words.ts";
import { useTagWork, type TagWork } from "./use-tag-work.ts";

/** The latest changes of tags, whoever made them, each with its way back. */
export function RecentTags({ tenant }: { readonly tenant: string }): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <IconButton label="Recent tag changes" kind="normal" onClick={() => setIsOpen(true)}>
        <History size={15} aria-hidden />
      </IconButton>
      {isOpen && <RecentDialog tenant={tenant} onClose={() => setIsOpen(false)} />}
    </>
  );
}

type RecentDialogProps = { readonly tenant: string; readonly onClose: () => void };

function RecentDialog({ tenant, onClose }: RecentDialogProps): ReactNode {
  const query = useQuery(tagChangesQuery(tenant));
  const work = useTagWork();
  const refusal = useRefusal(tenant, "operator");
  return (
    <Dialog
      title="Recent tag changes"
      about="Taken back, a tag is as it was, but for what was changed again since."
      isOpen
      isWide
      onClose={onClose}
      foot={
        <>
          {work.isBusy && (
            <Button disabled={work.isStopping} onClick={work.stop}>
              {work.isStopping ? "Stopping…" : "Stop"}
            </Button>
          )}
          <Button onClick={onClose}>Close</Button>
        </>
      }
    >
      <Loaded query={query}>
        {(changes) =>
          changes.length === 0 ? (
            <EmptyState icon={Tag} title="No tag was changed yet" />
          ) : (
            <Table
              caption="Changes of tags, newest first"
              columns={columnsOf(tenant, work, refusal)}
              rows={changes}
              rowKey={({ change_no: no }) => String(no)}
            />
          )
        }
      </Loaded>
      <TagProgress {...work} />
    </Dialog>
  );
}

function columnsOf(
  tenant: string,
  work: TagWork,
  refusal: string | undefined,
): readonly Column<TagChange>[] {
  return [
    {
      id: "what",
      title: "Change",
      cell: (change) => (
        <span className="cell-lines">
          <span>{changeWords(change)}</span>
          <span className="sub wrap-anywhere">{reachWords(change)}</span>
          <span className="sub">
            <State of={change} work={work} />
          </span>
          <span className="sub">
            <TimeAgo at={change.started_at} /> by {change.actor}
          </span>
        </span>
      ),
    },
    {
      id: "acts",
      title: "Acts",
      cell: (change) => <Acts of={change} tenant={tenant} work={work} refusal={refusal} />,
    },
  ];
}

function State({ of, work }: { readonly of: TagChange; readonly work: TagWork }): ReactNode {
  const isOurs = work.isBusy && work.change?.change_no === of.change_no;
  if (of.state === "done") return `${numberWords(of.changed)} changed`;
  if (of.state === "undone") {
    const left = of.skipped === 0 ? "" : `, ${numberWords(of.skipped)} set since and left`;
    return `${numberWords(of.restored)} taken back${left}`;
  }
  return progressWords(isOurs && work.change !== undefined ? work.change : of, isOurs);
}

type ActsProps = {
  readonly of: TagChange;
  readonly tenant: string;
  readonly work: TagWork;
  readonly refusal: string | undefined;
};

/** What may be done with one; taking back is asked twice, since it cannot be taken back itself. */
function Acts({ of, tenant, work, refusal }: ActsProps): ReactNode {
  const [isAsked, setIsAsked] = useState(false);
  const no = of.change_no;
  const takeBack = (): void => {
    setIsAsked(false);
    work.begin((watch) => undoTags(tenant, no, watch));
  };
  return (
    <span className="row">
      {!isWhole(of) && (
        <Button
          refusal={refusal}
          disabled={work.isBusy}
          onClick={() => work.begin((watch) => goOnWithTags(tenant, no, watch))}
        >
          Go on
        </Button>
      )}
      {isTakeable(of) && !isAsked && (
        <Button refusal={refusal} disabled={work.isBusy} onClick={() => setIsAsked(true)}>
          Take back…
        </Button>
      )}
      {isTakeable(of) && isAsked && (
        <>
          <Button kind="danger" disabled={work.isBusy} onClick={takeBack}>
            Take back {numberWords(of.changed)}
          </Button>
          <Button kind="quiet" onClick={() => setIsAsked(false)}>
            Keep
          </Button>
        </>
      )}
    </span>
  );
}
