import { useState, type ReactNode } from "react";

import { CheckField, TextAreaField, TextField } from "../../parts/fields.tsx";
import { SOURCE_TYPES, wrongConnection, type Wrong } from "./draft.ts";
import { StepFrame } from "./step-frame.tsx";
import type { Wizard } from "./use-wizard.ts";

/** Where it is and how to get in. Going on stores the source, switched off. */
export function StepConnection({ wizard }: { readonly wizard: Wizard }): ReactNode {
  const { draft, change, stored } = wizard;
  const [isTried, setIsTried] = useState(false);
  const wrong = wrongConnection(draft, (stored?.credentials.length ?? 0) > 0);
  const words = SOURCE_TYPES[draft.type];
  const onNext = (): void => {
    setIsTried(true);
    if (Object.keys(wrong).length === 0) wizard.store(2);
  };
  const shown = isTried ? wrong : {};
  return (
    <StepFrame
      title={`How does ${draft.agentId} reach ${words.title}?`}
      about="The source is stored when you go on, switched off. Credentials are sealed; only the agent gets them, and nobody is shown them again."
      next={wizard.isStoring ? "Storing…" : "Store and test"}
      onNext={onNext}
      onBack={() => wizard.goTo(0)}
      error={wizard.storeError}
    >
      <TextField
        label="Address"
        type="url"
        placeholder={words.endpoint}
        hint="As in a browser, without the path of a page."
        value={draft.endpoint}
        wrong={shown.endpoint}
        onChange={(endpoint) => change({ endpoint })}
      />
      <TextField
        label={words.credential}
        type="password"
        autoComplete="off"
        placeholder={stored === undefined ? "" : "stored; leave empty to keep it"}
        hint={words.credentialHint}
        value={draft.secret}
        wrong={shown.secret}
        onChange={(secret) => change({ secret })}
      />
      <Network wizard={wizard} wrong={shown} />
    </StepFrame>
  );
}

function Network({ wizard, wrong }: { readonly wizard: Wizard; readonly wrong: Wrong }): ReactNode {
  const { draft, change } = wizard;
  return (
    <details className="more" open={wrong.proxyUrl !== undefined || undefined}>
      <summary>Certificate authority and proxy</summary>
      <div className="stack">
        <TextAreaField
          label="Certificate authority of your own (PEM)"
          placeholder="-----BEGIN CERTIFICATE-----"
          hint="Trusted for this source instead of the system's."
          value={draft.caPem}
          onChange={(caPem) => change({ caPem })}
        />
        <div className="columns-2">
          <TextField
            label="Proxy"
            placeholder="http://proxy.example.com:3128"
            value={draft.proxyUrl}
            wrong={wrong.proxyUrl}
            onChange={(proxyUrl) => change({ proxyUrl })}
          />
          <TextField
            label="Reached without the proxy"
            placeholder="10.0.0.0/8, .corp.example.com"
            value={draft.noProxy}
            onChange={(noProxy) => change({ noProxy })}
          />
        </div>
        <CheckField
          label="Do not check its certificate"
          hint="Anybody between agent and system could read the credentials. Better paste its authority above."
          isChecked={draft.isUnchecked}
          onChange={(isUnchecked) => change({ isUnchecked })}
        />
      </div>
    </details>
  );
}
