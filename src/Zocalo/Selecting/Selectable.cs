using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Zocalo;

/// <summary>
/// Something with a descriptor, to be watched by a <see cref="Selector"/>. Sockets and handles turn into one by themselves:
/// <c>Selector.Select([socket, pipe.SafePipeHandle], [], [], timeout)</c>. Two are equal when they are of the same object, or of the same
/// number.
/// </summary>
/// <remarks>
/// A stream that reads ahead (a <see cref="StreamReader"/>, a <see cref="FileStream"/> with a buffer) may hold bytes of which the
/// descriptor knows nothing: read what you watch without one. A <see cref="Connection"/> and a <see cref="Listener"/> have no place here:
/// their engine waits for their sockets already. Immutable and thread-safe.
/// </remarks>
public readonly struct Selectable : IEquatable<Selectable>
{
    private readonly object? _thing;    // a Socket, a SafeHandle, a Number; null: nothing

    private Selectable(object? thing) => _thing = thing;

    /// <summary>What the program reads from its terminal, or from whatever was put in its place: descriptor 0. Read it with
    /// <see cref="Console.OpenStandardInput()"/>, which does not read ahead.</summary>
    public static Selectable StandardInput { get; } = FromDescriptor(0);

    /// <summary>The socket, if it is one.</summary>
    public Socket? Socket => _thing as Socket;

    /// <summary>The handle, if it is one; null for a socket and for a number.</summary>
    public SafeHandle? Handle => _thing as SafeHandle;

    internal bool IsNothing => _thing is null;

    /// <summary>Whether its owner has closed it, as far as can be known: a number has no owner.</summary>
    internal bool IsClosed => Owner is { IsClosed: true };

    private SafeHandle? Owner => Socket?.SafeHandle ?? Handle;

    /// <summary>A descriptor by its number, which nobody keeps open: its owner must not close it while it is watched.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public static Selectable FromDescriptor(int descriptor)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(descriptor);
        return new(new Number(descriptor));
    }

    /// <summary>Any socket: connected, connecting, listening, of datagrams.</summary>
    public static implicit operator Selectable(Socket? socket) => new(socket);

    /// <summary>A handle that is a descriptor: of a pipe, a file, a terminal, an eventfd. Not on Windows.</summary>
    public static implicit operator Selectable(SafeHandle? handle) => new(handle);

    /// <inheritdoc/>
    public static bool operator ==(Selectable left, Selectable right) => left.Equals(right);

    /// <inheritdoc/>
    public static bool operator !=(Selectable left, Selectable right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(Selectable other) => Equals(_thing, other._thing);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Selectable other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _thing?.GetHashCode() ?? 0;

    /// <summary>What it is: "Socket", "SafePipeHandle", "descriptor 5".</summary>
    public override string ToString() => _thing switch
    {
        null => "nothing",
        Number number => $"descriptor {number.Value}",
        _ => _thing.GetType().Name,
    };

    /// <summary>Its number, which stays its own until <see cref="Release"/>: a handle is not closed, and its number not given to another,
    /// while somebody holds it.</summary>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    internal int Hold() => TryHold(out var number) ? number : throw Closed();

    /// <inheritdoc cref="Hold"/>
    /// <returns>False if it is closed.</returns>
    internal bool TryHold(out int number)
    {
        number = (_thing as Number)?.Value ?? 0;
        if (Owner is not { } owner)
        {
            return true;
        }
        var held = false;
        try
        {
            owner.DangerousAddRef(ref held);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        number = (int)owner.DangerousGetHandle();   // on Windows too: a socket's handle has 32 significant bits
        return true;
    }

    internal void Release() => Owner?.DangerousRelease();

    internal ObjectDisposedException Closed() => new(ToString(), $"A {this} among what is watched is closed.");

    private sealed record Number(int Value);
}
