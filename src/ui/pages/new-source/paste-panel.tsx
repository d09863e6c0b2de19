import { useState, type ReactNode } from "react";

import { Button } from "../../parts/button.tsx";
import { TextAreaField } from "../../parts/fields.tsx";
import type { Draft } from "./draft.ts";
import { readPaste, type Pasted } from "./paste.ts";

type PastePanelProps = { readonly onTake: (draft: Draft) => void };

/** Fills the wizard from an integration payload or an old sync.json. */
export function PastePanel({ onTake }: PastePanelProps): ReactNode {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState<string | undefined>(undefined);
  const [pasted, setPasted] = useState<Pasted | undefined>(undefined);
  const take = (): void => {
    const read = readPaste(text);
    setWrong(read.ok ? undefined : read.error);
    setPasted(read.ok ? read.value : undefined);
    const [first, ...others] = read.ok ? read.value.drafts : [];
    if (first !== undefined && others.length === 0) onTake(first);
  };
  return (
    <details className="more">
      <summary>Paste an integration payload or an old sync.json</summary>
      <div className="stack">
        <TextAreaField
          label="JSON"
          placeholder='{"poll_interval": "10m", "sources": {"netbox_dc1": {"type": "netbox", …}}}'
          value={text}
          wrong={wrong}
          onChange={setText}
        />
        <div className="row">
          <Button onClick={take}>Fill in</Button>
          {pasted !== undefined && pasted.drafts.length > 1 && (
            <>
              <span className="muted small">It has several; take</span>
              {pasted.drafts.map((draft) => (
                <Button key={draft.name} onClick={() => onTake(draft)}>
                  {draft.name}
                </Button>
              ))}
            </>
          )}
        </div>
        {pasted !== undefined && <LeftBehind pasted={pasted} />}
      </div>
    </details>
  );
}

function LeftBehind({ pasted }: { readonly pasted: Pasted }): ReactNode {
  return (
    <div className="small" role="status">
      <p>{pasted.drafts.length === 1 ? "Filled in." : "Choose one to fill in."}</p>
      {pasted.left.length > 0 && (
        <ul className="muted">
          {pasted.left.map((line) => (
            <li key={line}>Left out: {line}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
