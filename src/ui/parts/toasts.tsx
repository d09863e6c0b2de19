import { X } from "lucide-react";
import { useSyncExternalStore, type ReactNode } from "react";

import { IconButton } from "./button.tsx";
import { closeToast, onToasts, shownToasts } from "./toast.ts";

/** Where messages stand; screen readers read them as they come. */
export function Toasts(): ReactNode {
  const toasts = useSyncExternalStore(onToasts, shownToasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map(({ no, tone, text }) => (
        <div key={no} className="toast" data-tone={tone}>
          <div>{text}</div>
          <IconButton label="Close message" onClick={() => closeToast(no)}>
            <X size={14} aria-hidden />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
