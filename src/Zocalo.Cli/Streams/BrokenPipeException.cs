namespace Zocalo.Cli;

/// <summary>Whoever read our output has gone (EPIPE): not an error, but the end of the work, as in <c>… | head -1</c>.</summary>
internal sealed class BrokenPipeException() : IOException("the reader of standard output has gone");
