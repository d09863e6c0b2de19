import type { ReactNode } from "react";

import { CheckField, TextAreaField, TextField } from "../../parts/fields.tsx";
import type { DraftFieldsProps } from "./scope-fields.tsx";

/** Whom a source is trusted by, and which way leads to it. */
export function NetworkFields({ draft, change, wrong }: DraftFieldsProps): ReactNode {
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
