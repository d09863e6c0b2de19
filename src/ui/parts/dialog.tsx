import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import type { ReactNode } from "react";

import { IconButton } from "./button.tsx";

type DialogProps = {
  readonly title: string;
  readonly about?: ReactNode;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly isWide?: boolean;
  readonly foot?: ReactNode;
  readonly children?: ReactNode;
};

/** A question or a form over the page. Escape closes it and gives the focus back. */
export function Dialog({
  title,
  about,
  isOpen,
  onClose,
  isWide,
  foot,
  children,
}: DialogProps): ReactNode {
  return (
    <Primitive.Root open={isOpen} onOpenChange={(open) => open || onClose()}>
      <Primitive.Portal>
        <Primitive.Overlay className="veil" data-modal />
        <Primitive.Content
          className="dialog"
          data-wide={isWide}
          {...(about === undefined ? { "aria-describedby": undefined } : {})}
        >
          <Primitive.Title asChild>
            <h2>{title}</h2>
          </Primitive.Title>
          {about !== undefined && (
            <Primitive.Description asChild>
              <div className="muted">{about}</div>
            </Primitive.Description>
          )}
          {children}
          {foot !== undefined && <div className="dialog-foot">{foot}</div>}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

type DrawerProps = {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly side?: "left" | "right";
  readonly children: ReactNode;
};

/** A panel from the side, for one thing of a list while the list stays. */
export function Drawer({
  title,
  isOpen,
  onClose,
  side = "right",
  children,
}: DrawerProps): ReactNode {
  return (
    <Primitive.Root open={isOpen} onOpenChange={(open) => open || onClose()}>
      <Primitive.Portal>
        <Primitive.Overlay className="veil" data-modal />
        <Primitive.Content className="drawer" data-side={side} aria-describedby={undefined}>
          <Primitive.Title asChild>
            <h2 className={side === "left" ? "visually-hidden" : undefined}>{title}</h2>
          </Primitive.Title>
          {side === "right" && (
            <Primitive.Close asChild>
              <IconButton label="Close">
                <X size={16} aria-hidden />
              </IconButton>
            </Primitive.Close>
          )}
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
