import { useRef, useState, type ReactNode } from "react";

import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { problemWords } from "./failure-words.ts";
import { Failure } from "./failure.tsx";
import { TextField } from "./fields.tsx";
import { toast } from "./toast.ts";

type ConfirmDialogProps = {
  readonly title: string;
  /** What will be done, to what, and whether it can be taken back. */
  readonly about: ReactNode;
  /** On the button: the act, in its own verb. */
  readonly act: string;
  /** A word to be typed, where the act cannot be taken back. */
  readonly typed?: string;
  /** Whether all that the act needs is chosen. */
  readonly isChosen?: boolean;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onConfirm: () => Promise<unknown>;
  readonly children?: ReactNode;
};

/** Asks before an act, and stays with what went wrong where it fails; who closed it meanwhile is told all the same. */
export function ConfirmDialog({
  title,
  about,
  act,
  typed,
  isChosen = true,
  isOpen,
  onClose,
  onConfirm,
  children,
}: ConfirmDialogProps): ReactNode {
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>(undefined);
  const [isBusy, setIsBusy] = useState(false);
  const isClosed = useRef(false);
  const close = (): void => {
    isClosed.current = true;
    setText("");
    setError(undefined);
    onClose();
  };
  const confirm = async (): Promise<void> => {
    isClosed.current = false;
    setIsBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      if (!isClosed.current) close();
    } catch (thrown) {
      if (isClosed.current) toast(`${act}: ${problemWords(thrown)}`, "bad");
      else setError(thrown);
    } finally {
      setIsBusy(false);
    }
  };
  const isReady = isChosen && !isBusy && (typed === undefined || text === typed);
  return (
    <Dialog
      title={title}
      about={about}
      isOpen={isOpen}
      onClose={close}
      foot={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            kind={typed === undefined ? "primary" : "danger"}
            disabled={!isReady}
            onClick={() => void confirm()}
          >
            {act}
          </Button>
        </>
      }
    >
      {children}
      {typed !== undefined && (
        <TextField label={`Type ${typed} to confirm`} value={text} onChange={setText} />
      )}
      <Failure error={error} />
    </Dialog>
  );
}
