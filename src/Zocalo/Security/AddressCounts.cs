using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Zocalo.Security;

/// <summary>How many connections each address has, up to a limit: an IPv4 address, or the first 64 bits of an IPv6 one. An address without
/// connections takes no memory. Thread-safe.</summary>
internal sealed class AddressCounts(int limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Lease> _leases = [];

    /// <summary>How many addresses have connections.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _leases.Count;
            }
        }
    }

    /// <returns>To be disposed once for each call that gave it; null: the address has as many as it may have.</returns>
    internal IDisposable? TryAdd(IPAddress address)
    {
        var key = KeyOf(address);
        lock (_lock)
        {
            ref var lease = ref CollectionsMarshal.GetValueRefOrAddDefault(_leases, key, out _);
            lease ??= new Lease(this, key);
            return lease.TryAdd(limit) ? lease : null;
        }
    }

    /// <summary>An IPv4 address is mapped into IPv6, whose own first 64 bits have nothing behind them: so the two do not meet.</summary>
    private static UInt128 KeyOf(IPAddress address)
    {
        var mapped = address.AddressFamily == AddressFamily.InterNetwork ? address.MapToIPv6() : address;
        Span<byte> bytes = stackalloc byte[16];
        mapped.TryWriteBytes(bytes, out _);
        var key = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return mapped.IsIPv4MappedToIPv6 ? key : key >> 64 << 64;
    }

    private void Remove(Lease lease, UInt128 key)
    {
        lock (_lock)
        {
            if (lease.Remove() == 0)
            {
                _leases.Remove(key);
            }
        }
    }

    /// <summary>One for all connections of an address: an idle connection has no object of its own for this. Its count is read and written
    /// under the lock.</summary>
    private sealed class Lease(AddressCounts all, UInt128 key) : IDisposable
    {
        private int _count;

        internal bool TryAdd(int limit) => _count < limit && ++_count > 0;

        internal int Remove() => --_count;

        public void Dispose() => all.Remove(this, key);
    }
}
