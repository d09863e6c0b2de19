import { useState, type ReactNode } from "react";

import { TextAreaField, TextField } from "../../parts/fields.tsx";
import { SOURCE_TYPES, wrongScope, type Wrong } from "./draft.ts";
import { StepFrame } from "./step-frame.tsx";
import type { Wizard } from "./use-wizard.ts";

/** What is pulled, and how often. */
export function StepScope({ wizard }: { readonly wizard: Wizard }): ReactNode {
  const { draft, change } = wizard;
  const [isTried, setIsTried] = useState(false);
  const wrong = wrongScope(draft);
  const shown = isTried ? wrong : {};
  const onNext = (): void => {
    setIsTried(true);
    if (Object.keys(wrong).length === 0) wizard.store(4);
  };
  return (
    <StepFrame
      title="What is pulled, and how often?"
      about="What stands here suits most. Intervals can be changed in the page later, the rest by source apply."
      next={wizard.isStoring ? "Storing…" : "Store and rehearse"}
      onNext={onNext}
      onBack={() => wizard.goTo(2)}
      error={wizard.storeError}
    >
      <div className="columns-2">
        <TextField
          label="Poll every"
          hint="Reads what changed."
          value={draft.pollInterval}
          wrong={shown.pollInterval}
          onChange={(pollInterval) => change({ pollInterval })}
        />
        <TextField
          label="Discover every"
          hint="Reads everything; finds what is gone."
          value={draft.discoveryInterval}
          wrong={shown.discoveryInterval}
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
      <Pace wizard={wizard} wrong={shown} />
    </StepFrame>
  );
}

function Pace({ wizard, wrong }: { readonly wizard: Wizard; readonly wrong: Wrong }): ReactNode {
  const { draft, change } = wizard;
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
    </div>
  );
}
