import { Tag } from "lucide-react";
import { useState, type ReactNode } from "react";

import { useMay } from "../../calls/session.ts";
import { changeTags, undoTags, type TagChange } from "../../calls/tags.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { TextField } from "../../parts/fields.tsx";
import { numberWords } from "../../parts/number-words.ts";
import { problemWords } from "../../parts/states.tsx";
import { readKeys, readTags } from "./tag-text.ts";

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
  const isMay = useMay(tenant, "operator");
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
      <Button
        refusal={isMay ? undefined : "Tags are an operator's to give"}
        onClick={() => setIsOpen(true)}
      >
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
  const [change, setChange] = useState<TagChange | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const [add, remove] = [readTags(added), readKeys(removed)];
  const isGiven = added.trim() !== "" || removed.trim() !== "";
  const isBusy = change?.state === "running" || change?.state === "undoing";
  const work = async (what: () => Promise<TagChange>): Promise<void> => {
    setError(undefined);
    try {
      setChange(await what());
    } catch (thrown) {
      setError(thrown);
    }
  };
  const apply = (): void => {
    if (!add.ok || !remove.ok) return;
    const wanted = { ...devices, add: add.value, remove: remove.value };
    void work(() => changeTags(tenant, wanted, setChange));
  };
  const isDone = change?.state === "done" || change?.state === "undone";
  return (
    <Dialog
      title="Tag devices"
      about={`Of ${which}. Tags that sources give stay as they are.`}
      isOpen
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{isDone ? "Close" : "Cancel"}</Button>
          {change?.state === "done" && change.changed > 0 && (
            <Button onClick={() => void work(() => undoTags(tenant, change.change_no, setChange))}>
              Take back
            </Button>
          )}
          {!isDone && (
            <Button
              kind="primary"
              disabled={!isGiven || !add.ok || !remove.ok || isBusy}
              onClick={apply}
            >
              Tag
            </Button>
          )}
        </>
      }
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
      <Progress change={change} error={error} />
    </Dialog>
  );
}

type ProgressProps = { readonly change: TagChange | undefined; readonly error: unknown };

function Progress({ change, error }: ProgressProps): ReactNode {
  if (error !== undefined) {
    return (
      <p className="notice" data-tone="bad" role="alert">
        {problemWords(error)}
      </p>
    );
  }
  if (change === undefined) return null;
  return (
    <p className="notice" data-tone="good" role="status">
      {progressWords(change)}
    </p>
  );
}

function progressWords({ state, devices, changed, restored, skipped }: TagChange): string {
  if (state === "running") return `${numberWords(devices)} devices so far…`;
  if (state === "undoing") return `${numberWords(restored)} tags put back so far…`;
  if (state === "undone") {
    const kept =
      skipped === 0 ? "" : ` Set by another change since, and left: ${numberWords(skipped)}.`;
    return `Tags put back: ${numberWords(restored)}.${kept}`;
  }
  return `Tags changed: ${numberWords(changed)}, devices looked at: ${numberWords(devices)}.`;
}
