/** Fields of forms: label, control, hint, and what is wrong with it. */
import { useId, type ComponentProps, type ReactNode } from "react";

type FieldProps = {
  readonly label: string;
  readonly hint?: ReactNode;
  /** What is wrong, in one sentence. */
  readonly wrong?: string | undefined;
};

type TextFieldProps = FieldProps &
  Omit<ComponentProps<"input">, "onChange" | "value"> & {
    readonly value: string;
    readonly onChange: (value: string) => void;
  };

/** A line of text. */
export function TextField({
  label,
  hint,
  wrong,
  value,
  onChange,
  ...rest
}: TextFieldProps): ReactNode {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        spellCheck={false}
        {...rest}
        {...described(id, { hint, wrong })}
        id={id}
        className="input"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      <Below id={id} hint={hint} wrong={wrong} />
    </div>
  );
}

type TextAreaFieldProps = FieldProps &
  Omit<ComponentProps<"textarea">, "onChange" | "value"> & {
    readonly value: string;
    readonly onChange: (value: string) => void;
  };

/** Several lines of text. */
export function TextAreaField({
  label,
  hint,
  wrong,
  value,
  onChange,
  ...rest
}: TextAreaFieldProps): ReactNode {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        spellCheck={false}
        {...rest}
        {...described(id, { hint, wrong })}
        id={id}
        className="input"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      <Below id={id} hint={hint} wrong={wrong} />
    </div>
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
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        {...described(id, { hint, wrong })}
        id={id}
        className="input"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <Below id={id} hint={hint} wrong={wrong} />
    </div>
  );
}

type CheckFieldProps = {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
};

/** Yes or no. */
export function CheckField({ label, hint, isChecked, onChange }: CheckFieldProps): ReactNode {
  const id = useId();
  return (
    <div className="check">
      <input
        id={id}
        type="checkbox"
        checked={isChecked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <div className="field">
        <label htmlFor={id}>{label}</label>
        {hint !== undefined && <span className="hint">{hint}</span>}
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
