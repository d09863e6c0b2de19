/** Fields of forms: label, control, hint, and what is wrong with it. */
import { useId, type ComponentProps, type ReactNode } from "react";

type FieldProps = {
  readonly label: string;
  readonly hint?: ReactNode;
  /** What is wrong, in one sentence. */
  readonly wrong?: string | undefined;
};

type FieldFrameProps = FieldProps & {
  /** Draws the control, which bears these. */
  readonly control: (own: Readonly<Record<string, string | boolean>>) => ReactNode;
};

/** What every field is: its label, its control, and what stands below. */
function FieldFrame({ label, hint, wrong, control }: FieldFrameProps): ReactNode {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {control({ ...described(id, { hint, wrong }), id, className: "input" })}
      <Below id={id} hint={hint} wrong={wrong} />
    </div>
  );
}

type WrittenProps<Control extends "input" | "textarea"> = FieldProps &
  Omit<ComponentProps<Control>, "onChange" | "value"> & {
    readonly value: string;
    readonly onChange: (value: string) => void;
  };

/** A line of text. */
export function TextField({
  label,
  hint,
  wrong,
  onChange,
  ...rest
}: WrittenProps<"input">): ReactNode {
  return (
    <FieldFrame
      {...{ label, hint, wrong }}
      control={(own) => (
        <input
          spellCheck={false}
          {...rest}
          {...own}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    />
  );
}

/** Several lines of text. */
export function TextAreaField({
  label,
  hint,
  wrong,
  onChange,
  ...rest
}: WrittenProps<"textarea">): ReactNode {
  return (
    <FieldFrame
      {...{ label, hint, wrong }}
      control={(own) => (
        <textarea
          spellCheck={false}
          {...rest}
          {...own}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    />
  );
}

type SelectFieldProps = FieldProps & {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly options: readonly { readonly value: string; readonly label: string }[];
};

/** One of a few. The browser's own control, which every phone and screen reader knows. */
export function SelectField({
  label,
  hint,
  wrong,
  value,
  onChange,
  options,
}: SelectFieldProps): ReactNode {
  return (
    <FieldFrame
      {...{ label, hint, wrong }}
      control={(own) => (
        <select {...own} value={value} onChange={(event) => onChange(event.target.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    />
  );
}

type CheckFieldProps = {
  readonly label: string;
  readonly hint?: ReactNode;
  /** Why it cannot be chosen. */
  readonly refusal?: string | undefined;
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
};

/** Yes or no. */
export function CheckField({
  label,
  hint,
  refusal,
  isChecked,
  onChange,
}: CheckFieldProps): ReactNode {
  const id = useId();
  const below = refusal ?? hint;
  return (
    <div className="check">
      <input
        id={id}
        type="checkbox"
        checked={isChecked}
        disabled={refusal !== undefined}
        onChange={(event) => onChange(event.target.checked)}
      />
      <div className="field">
        <label htmlFor={id}>{label}</label>
        {below !== undefined && <span className="hint">{below}</span>}
      </div>
    </div>
  );
}

type Below = Pick<FieldProps, "hint" | "wrong">;

function described(id: string, { hint, wrong }: Below): Readonly<Record<string, string | boolean>> {
  if (wrong !== undefined) return { "aria-invalid": true, "aria-describedby": `${id}-wrong` };
  return hint === undefined ? {} : { "aria-describedby": `${id}-hint` };
}

function Below({ id, hint, wrong }: Below & { readonly id: string }): ReactNode {
  if (wrong !== undefined) {
    return (
      <span className="wrong" id={`${id}-wrong`}>
        {wrong}
      </span>
    );
  }
  return hint === undefined ? null : (
    <span className="hint" id={`${id}-hint`}>
      {hint}
    </span>
  );
}
