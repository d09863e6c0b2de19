import type { ReactNode } from "react";

import { TextAreaField, TextField } from "../../parts/fields.tsx";
import { SOURCE_TYPES, type Draft, type Wrong } from "./draft.ts";

/** Part of a draft that can be written into. */
export type DraftFieldsProps = {
  readonly draft: Draft;
  readonly change: (changed: Partial<Draft>) => void;
  readonly wrong: Wrong;
};

/** What is pulled of a source, how often and how fast. */
export function ScopeFields({ draft, change, wrong }: DraftFieldsProps): ReactNode {
  return (
    <>
      <div className="columns-2">
        <TextField
          label="Poll every"
          hint="Reads what changed."
          value={draft.pollInterval}
          wrong={wrong.pollInterval}
          onChange={(pollInterval) => change({ pollInterval })}
        />
        <TextField
          label="Discovery every"
          hint="Reads everything; finds what is gone."
          value={draft.discoveryInterval}
          wrong={wrong.discoveryInterval}
          onChange={(discoveryInterval) => change({ discoveryInterval })}
        />
      </div>
      {draft.type === "armis" && (
        <TextAreaField
          label="Queries (AQL), one a line"
          placeholder='in:devices timeFrame:"7 Days"'
          hint="A device found by several comes once."
          value={draft.queries}
          onChange={(queries) => change({ queries })}
        />
      )}
      <TextAreaField
        label="Networks to leave out, one a line"
        placeholder="192.168.0.0/16"
        hint="A device is left out if all its addresses lie inside."
        value={draft.blacklist}
        onChange={(blacklist) => change({ blacklist })}
      />
      <Pace draft={draft} change={change} wrong={wrong} />
    </>
  );
}

function Pace({ draft, change, wrong }: DraftFieldsProps): ReactNode {
  return (
    <div className="columns-2">
      <TextField
        label="Devices a page"
        inputMode="numeric"
        placeholder={SOURCE_TYPES[draft.type].page}
        value={draft.pageSize}
        wrong={wrong.pageSize}
        onChange={(pageSize) => change({ pageSize })}
      />
      <TextField
        label="Requests a second at most"
        inputMode="decimal"
        placeholder="as fast as it answers"
        value={draft.rate}
        wrong={wrong.rate}
        onChange={(rate) => change({ rate })}
      />
      <TextField
        label="Requests at a time at most"
        inputMode="numeric"
        placeholder="4"
        value={draft.concurrent}
        wrong={wrong.concurrent}
        onChange={(concurrent) => change({ concurrent })}
      />
      <TextField
        label="Wait for an answer at most"
        placeholder="2m"
        hint="Until it begins; then the request is made again."
        value={draft.answerTimeout}
        wrong={wrong.answerTimeout}
        onChange={(answerTimeout) => change({ answerTimeout })}
      />
    </div>
  );
}
