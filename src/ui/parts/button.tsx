import type { ComponentProps, ReactNode } from "react";

/** How much a button asks for attention. */
type ButtonKind = "normal" | "primary" | "quiet" | "danger";

type ButtonProps = Omit<ComponentProps<"button">, "type"> & {
  readonly kind?: ButtonKind;
  /** "submit" in a form. */
  readonly type?: "button" | "submit";
  /** Why it cannot be pressed now; it stays reachable, so that everybody can read why. */
  readonly refusal?: string | undefined;
};

/** A button. */
export function Button({
  kind = "normal",
  type = "button",
  refusal,
  ...rest
}: ButtonProps): ReactNode {
  if (refusal === undefined) {
    return <button {...rest} type={type} className="button" data-kind={kind} />;
  }
  const refused = { onClick: undefined, "aria-disabled": true, title: refusal } as const;
  return <button {...rest} {...refused} type="button" className="button" data-kind={kind} />;
}

type IconButtonProps = Omit<ButtonProps, "children" | "refusal"> & {
  readonly label: string;
  readonly children: ReactNode;
};

/** A button that shows a picture; `label` is its name. */
export function IconButton({
  label,
  children,
  kind = "quiet",
  ...rest
}: IconButtonProps): ReactNode {
  return (
    <button
      {...rest}
      type="button"
      className="button icon-button"
      data-kind={kind}
      aria-label={label}
      title={label}
    >
      {children}
    </button>
  );
}
