import { Copy } from "lucide-react";
import type { ReactNode } from "react";

import { IconButton } from "./button.tsx";
import { toast } from "./toast.ts";

type CopyLineProps = { readonly label: string; readonly text: string };

/** Text to be pasted elsewhere, with a button that copies it. */
export function CopyLine({ label, text }: CopyLineProps): ReactNode {
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      toast("Copied.");
    } catch {
      // Browsers give the clipboard to pages of https and of the own machine alone.
      toast("The browser refuses to copy: select the text.", "bad");
    }
  };
  return (
    <div className="copy-line">
      <pre tabIndex={0} role="group" aria-label={label}>
        {text}
      </pre>
      <IconButton label={`Copy ${label}`} onClick={() => void copy()}>
        <Copy size={14} aria-hidden />
      </IconButton>
    </div>
  );
}
