import { useQuery, type UseQueryOptions } from "@tanstack/react-query";
import { useId, useState, type ReactNode } from "react";

import { TextField } from "./fields.tsx";

/** What can be picked: the value, and what tells it from others. */
interface Offered {
  readonly value: string;
  readonly about?: string | undefined;
}

type PickFieldProps<Row> = {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly wrong?: string | undefined;
  readonly placeholder?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Asks the core for some of those that hold a text. */
  readonly likeQuery: (text: string) => UseQueryOptions<readonly Row[], Error, readonly Offered[]>;
};

/** One of so many that no menu holds them: what is typed is looked for by the core, and some of what it finds is offered. */
export function PickField<Row>({
  likeQuery,
  value,
  onChange,
  ...field
}: PickFieldProps<Row>): ReactNode {
  const id = useId();
  const [typed, setTyped] = useState(value);
  const { data: found = [] } = useQuery(likeQuery(typed));
  return (
    <>
      <TextField
        {...field}
        value={value}
        list={id}
        autoComplete="off"
        onChange={(text) => {
          setTyped(text);
          onChange(text);
        }}
      />
      <datalist id={id}>
        {found.map((one) => (
          <option key={one.value} value={one.value} label={one.about} />
        ))}
      </datalist>
    </>
  );
}
