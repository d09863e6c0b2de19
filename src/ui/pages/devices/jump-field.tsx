import { CornerDownRight } from "lucide-react";
import { useState, type ReactNode } from "react";

import { Button } from "../../parts/button.tsx";

type JumpFieldProps = {
  /** What the list is sorted by, as its column is called; absent where it stands in no order that can be entered. */
  readonly title: string | undefined;
  readonly initial: string;
  readonly onJump: (from: string | undefined) => void;
};

/** Enters the sorted list where its order reaches something: a beginning of a name, an address, a day. */
export function JumpField({ title, initial, onJump }: JumpFieldProps): ReactNode {
  const [typed, setTyped] = useState(initial);
  if (title === undefined) return null;
  return (
    <form
      className="toolbar jump"
      onSubmit={(event) => {
        event.preventDefault();
        onJump(typed.trim() === "" ? undefined : typed.trim());
      }}
    >
      <input
        className="input"
        aria-label={`${title} to begin at`}
        placeholder={`${title} from …`}
        spellCheck={false}
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
      />
      <Button type="submit">
        <CornerDownRight size={15} aria-hidden />
        Go to
      </Button>
    </form>
  );
}
