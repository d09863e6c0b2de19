import { Copy } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "./button.tsx";
import { toast } from "./toast.ts";

type CopyTextProps = { readonly text: string; readonly label: string };

/** A line to be copied as it stands. */
export function CopyText({ text, label }: CopyTextProps): ReactNode {
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      toast("Copied.");
    } catch {
      // A page over plain HTTP may not write to the clipboard.
      toast("The browser does not let the page copy here; select the text instead.", "bad");
    }
  };
  return (
    <div className="copy-text">
      <code className="wrap-anywhere">{text}</code>
      <Button onClick={() => void copy()}>
        <Copy size={14} aria-hidden />
        {label}
      </Button>
    </div>
  );
}
