namespace Zocalo;

/// <summary>Three lists, as they come out of <see cref="Selector"/>: each has what is ready among those that went in. All are empty when
/// the time was over. Immutable.</summary>
/// <typeparam name="T"><see cref="System.Net.Sockets.Socket"/>, or <see cref="Selectable"/> where pipes, files and terminals are watched as
/// well.</typeparam>
/// <param name="Readable">A read (or an accept) would not wait. It may tell the end, or an error.</param>
/// <param name="Writable">A write would not wait, of one byte at least; a connection attempt is over. A write may tell an error.</param>
/// <param name="Exceptional">Urgent data is there, or an error.</param>
public sealed record SelectResult<T>(IReadOnlyList<T> Readable, IReadOnlyList<T> Writable, IReadOnlyList<T> Exceptional)
{
    /// <summary>Whether nothing is ready.</summary>
    public bool IsEmpty => Readable.Count == 0 && Writable.Count == 0 && Exceptional.Count == 0;
}
