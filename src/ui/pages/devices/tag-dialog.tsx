import { Tag } from "lucide-react";
import { useState, type ReactNode } from "react";

import { useRefusal } from "../../calls/session.ts";
import { isTakeable, isWhole } from "../../calls/tag-work.ts";
import { changeTags, goOnWithTags, undoTags } from "../../calls/tags.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { TextField } from "../../parts/fields.tsx";
import { numberWords } from "../../parts/number-words.ts";
import { TagProgress } from "./tag-progress.tsx";
import { readKeys, readTags } from "./tag-text.ts";
import { useTagWork, type TagWork } from "./use-tag-work.ts";

type TagDialogProps = {
  readonly tenant: string;
  /** Ids of the devices that are picked; none: all that pass. */
  readonly picked: ReadonlySet<string>;
  readonly q: string | undefined;
  readonly query: string | undefined;
  /** "about 12,000 devices" */
  readonly all: string;
};

/** Gives and takes tags, of the picked devices or of all that pass, with how far it is and a way back. */
export function TagDialog({ tenant, picked, q, query, all }: TagDialogProps): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const refusal = useRefusal(tenant, "operator");
  const which =
    picked.size > 0
      ? `the devices that are picked: ${numberWords(picked.size)}`
      : `all that pass: ${all}`;
  const devices =
    picked.size > 0
      ? { device_ids: [...picked] }
      : { q, query: query ?? (q === undefined ? "in:devices" : undefined) };
  return (
    <>
      <Button refusal={refusal} onClick={() => setIsOpen(true)}>
        <Tag size={15} aria-hidden />
        Tag{picked.size > 0 && ` ${numberWords(picked.size)}`}
      </Button>
      {isOpen && (
        <TagForm tenant={tenant} which={which} devices={devices} onClose={() => setIsOpen(false)} />
      )}
    </>
  );
}

type TagFormProps = {
  readonly tenant: string;
  readonly which: string;
  readonly devices: Parameters<typeof changeTags>[1] extends infer Wanted
    ? Omit<Wanted, "add" | "remove">
    : never;
  readonly onClose: () => void;
};

function TagForm({ tenant, which, devices, onClose }: TagFormProps): ReactNode {
  const [[added, removed], setText] = useState(["", ""] as readonly [string, string]);
  const work = useTagWork();
  const [add, remove] = [readTags(added), readKeys(removed)];
  const isGiven = added.trim() !== "" || removed.trim() !== "";
  const isReady = isGiven && add.ok && remove.ok;
  const apply = (): void => {
    if (!add.ok || !remove.ok) return;
    const wanted = { ...devices, add: add.value, remove: remove.value };
    work.begin((watch) => changeTags(tenant, wanted, watch));
  };
  return (
    <Dialog
      title="Tag devices"
      about={`Of ${which}. Tags that sources give stay as they are.`}
      isOpen
      onClose={onClose}
      foot={<Acts {...{ tenant, work, isReady, apply, onClose }} />}
    >
      <TextField
        label="Add"
        hint="role=edge, lab"
        wrong={add.ok ? undefined : add.error}
        value={added}
        onChange={(text) => setText([text, removed])}
      />
      <TextField
        label="Remove"
        hint="Names of tags: role, lab"
        wrong={remove.ok ? undefined : remove.error}
        value={removed}
        onChange={(text) => setText([added, text])}
      />
      <TagProgress {...work} />
    </Dialog>
  );
}

type ActsProps = Pick<TagFormProps, "tenant" | "onClose"> & {
  readonly work: TagWork;
  readonly isReady: boolean;
  readonly apply: () => void;
};

/** While it is worked it is stopped; half-way it goes on or back; whole it is taken back. */
function Acts({ tenant, work, isReady, apply, onClose }: ActsProps): ReactNode {
  const { change, isBusy, isStopping, begin } = work;
  if (isBusy) {
    return (
      <Button disabled={isStopping} onClick={work.stop}>
        {isStopping ? "Stopping…" : "Stop"}
      </Button>
    );
  }
  if (change === undefined) {
    return (
      <>
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" disabled={!isReady} onClick={apply}>
          Tag
        </Button>
      </>
    );
  }
  const no = change.change_no;
  return (
    <>
      <Button onClick={onClose}>Close</Button>
      {isTakeable(change) && (
        <Button onClick={() => begin((watch) => undoTags(tenant, no, watch))}>Take back</Button>
      )}
      {!isWhole(change) && (
        <Button kind="primary" onClick={() => begin((watch) => goOnWithTags(tenant, no, watch))}>
          Go on
        </Button>
      )}
    </>
  );
}
