import { describe, expect, it } from "vitest";
import {
  DisposedError,
  FileWriteError,
  formatProblem,
  ImageError,
  InvalidArgumentError,
  InvalidConfigError,
  OnestepError,
  UnsupportedError,
} from "./errors.ts";

const problem = { subject: "batchSize", found: "0", expected: "at least 1", remedy: "Pass a whole number." };

describe("OnestepError", () => {
  it("says what was found, what was expected and what to do", () => {
    const error = new InvalidArgumentError(problem);
    expect(error.message).toBe("batchSize: found 0, expected at least 1. Pass a whole number.");
    expect(error.message).toBe(formatProblem(problem));
    expect(error.problem).toBe(problem);
  });

  it("says what is wrong in the words of the summary, and keeps the parts", () => {
    const summary = "A batch has at least one image.";
    const error = new InvalidArgumentError({ ...problem, summary });
    expect(error.message).toBe("A batch has at least one image. Pass a whole number.");
    expect(error.problem).toEqual({ ...problem, summary });
  });

  it("takes a plain message and a cause", () => {
    const cause = new TypeError("deep down");
    const error = new OnestepError("It broke.", { cause });
    expect([error.message, error.cause, error.problem]).toEqual(["It broke.", cause, undefined]);
  });

  it("keeps its name where a minifier has renamed its class", () => {
    class wo extends InvalidArgumentError {
      static override readonly code: string = "out-of-memory";
    }
    class $ extends wo {
      static override readonly code: string = "scheduler-config-not-found";
    }
    expect(new wo(problem).name).toBe("OutOfMemoryError");
    expect(new $(problem).name).toBe("SchedulerConfigNotFoundError");
    expect(String(new $("Gone."))).toBe("SchedulerConfigNotFoundError: Gone.");
  });

  it("has the name of its class where that has no code of its own", () => {
    class QuotaError extends UnsupportedError {}
    expect(new QuotaError(problem)).toMatchObject({ name: "QuotaError", code: "unsupported" });
  });

  it.each([
    [OnestepError, "OnestepError", "onestep-error"],
    [DisposedError, "DisposedError", "disposed"],
    [FileWriteError, "FileWriteError", "file-write"],
    [ImageError, "ImageError", "image"],
    [InvalidArgumentError, "InvalidArgumentError", "invalid-argument"],
    [InvalidConfigError, "InvalidConfigError", "invalid-config"],
    [UnsupportedError, "UnsupportedError", "unsupported"],
  ])("%o has its name and a code that stays the same across versions", (ErrorClass, name, code) => {
    const error = new ErrorClass(problem);
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.code, ErrorClass.code]).toEqual([name, code, code]);
    expect(ErrorClass.isInstance(error)).toBe(true);
    expect(OnestepError.isInstance(error)).toBe(true);
  });
});

describe("isInstance", () => {
  it("tells classes apart", () => {
    expect(InvalidConfigError.isInstance(new InvalidArgumentError(problem))).toBe(false);
    expect(InvalidArgumentError.isInstance(new OnestepError(problem))).toBe(false);
    expect(
      [new Error("other"), undefined, null, "text", { code: "disposed" }].some(
        OnestepError.isInstance,
        OnestepError,
      ),
    ).toBe(false);
  });

  it("holds for a subclass, also for one without a code of its own", () => {
    class WithCode extends InvalidConfigError {
      static override readonly code: string = "with-code";
    }
    class Bare extends InvalidConfigError {}
    expect(InvalidConfigError.isInstance(new WithCode(problem))).toBe(true);
    expect(WithCode.isInstance(new InvalidConfigError(problem))).toBe(false);
    expect(InvalidConfigError.isInstance(new Bare(problem))).toBe(true);
    expect(OnestepError.isInstance(new Bare(problem))).toBe(true);
  });

  it("holds across copies of the package, where instanceof does not", () => {
    // What another copy of the class makes: the same marker and codes on an unrelated class.
    const foreign = Object.assign(new Error("from elsewhere"), {
      [Symbol.for("onestep.error")]: ["disposed", "onestep-error"],
    });
    expect(foreign).not.toBeInstanceOf(DisposedError);
    expect(DisposedError.isInstance(foreign)).toBe(true);
    expect(ImageError.isInstance(foreign)).toBe(false);
  });
});
