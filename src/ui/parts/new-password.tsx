import type { ReactNode } from "react";

import { TextField } from "./fields.tsx";
import { repeatWrong, type NewPassword } from "./new-password.ts";

type NewPasswordFieldsProps = {
  readonly label: string;
  readonly value: NewPassword;
  readonly onChange: (value: NewPassword) => void;
};

/** A password that is to be, twice, since nobody sees what was typed. */
export function NewPasswordFields({ label, value, onChange }: NewPasswordFieldsProps): ReactNode {
  return (
    <>
      <TextField
        label={label}
        type="password"
        required
        hint="At least 12 characters: a sentence is easier to keep in mind than a puzzle, and harder to guess."
        value={value.text}
        onChange={(text) => onChange({ ...value, text })}
        autoComplete="new-password"
      />
      <TextField
        label="Once more"
        type="password"
        required
        wrong={repeatWrong(value)}
        value={value.again}
        onChange={(again) => onChange({ ...value, again })}
        autoComplete="new-password"
      />
    </>
  );
}
