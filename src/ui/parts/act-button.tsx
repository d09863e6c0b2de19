import { useMutation } from "@tanstack/react-query";
import type { ComponentProps, ReactNode } from "react";

import { Button } from "./button.tsx";
import { Failure } from "./failure.tsx";

type ActButtonProps = Omit<ComponentProps<typeof Button>, "onClick" | "type" | "disabled"> & {
  /** What it does; where that throws, the reason stands below the button. */
  readonly act: () => Promise<unknown>;
};

/** A button that acts at once, without a dialog: not twice at a time, and a failure is told below it. */
export function ActButton({ act, ...rest }: ActButtonProps): ReactNode {
  const acting = useMutation({ mutationFn: act });
  return (
    <span className="act-button">
      <Button {...rest} disabled={acting.isPending} onClick={() => acting.mutate()} />
      <Failure error={acting.error} />
    </span>
  );
}
