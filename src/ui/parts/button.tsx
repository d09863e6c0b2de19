import type { ComponentProps, ReactNode } from "react";

import { toast } from "./toast.ts";

/** How much a button asks for attention. */
type ButtonKind = "normal" | "primary" | "quiet" | "danger";

type ButtonProps = Omit<ComponentProps<"button">, "type"> & {
  readonly kind?: ButtonKind;
  /** "submit" in a form. */
  readonly type?: "button" | "submit";
  /** Why it cannot be pressed now; it stays reachable, so that everybody can read why. */
  readonly refusal?: string | undefined;
};

/** What a button that may not be pressed has instead of its act. A title shows under a mouse alone: who taps is told too. */
function refused(refusal: string | undefined) {
  if (refusal === undefined) return {};
  return { onClick: () => toast(refusal), "aria-disabled": true, title: refusal } as const;
}

/** A button. */
export function Button({
  kind = "normal",
  type = "button",
  refusal,
  ...rest
}: ButtonProps): ReactNode {
  const own = refused(refusal);
  const as = refusal === undefined ? type : "button";
  return <button {...rest} {...own} type={as} className="button" data-kind={kind} />;
}

type IconButtonProps = Omit<ButtonProps, "children" | "type"> & {
  readonly label: string;
  readonly children: ReactNode;
};

/** A button that shows a picture; `label` is its name. */
export function IconButton({
  label,
  children,
  kind = "quiet",
  refusal,
  ...rest
}: IconButtonProps): ReactNode {
  return (
    <button
      title={label}
      {...rest}
      {...refused(refusal)}
      type="button"
      className="button icon-button"
      data-kind={kind}
      aria-label={label}
    >
      {children}
    </button>
  );
}
