namespace Zocalo.Engines.Loops;

/// <summary>
/// Who handles the events of which descriptor. The system gives the lowest number that is free, so the table is an array and no larger than
/// the number of open descriptors; of a private loop, which has one descriptor, it is one entry. Belongs to the loop's owner.
/// </summary>
internal struct RegistrationTable()
{
    private IRegistered?[] _handlers = [];
    private int _first;     // the descriptor of the first entry

    internal IRegistered? this[int descriptor]
    {
        readonly get
        {
            var index = descriptor - _first;
            return (uint)index < (uint)_handlers.Length ? _handlers[index] : null;
        }
        set
        {
            MakeRoom(descriptor);
            _handlers[descriptor - _first] = value;
        }
    }

    private void MakeRoom(int descriptor)
    {
        if (_handlers.Length == 0)
        {
            (_first, _handlers) = (descriptor, new IRegistered?[1]);
        }
        else if (descriptor < _first)
        {
            var whole = new IRegistered?[_first + _handlers.Length];
            _handlers.CopyTo(whole, _first);
            (_first, _handlers) = (0, whole);
        }
        else if (descriptor - _first >= _handlers.Length)
        {
            Array.Resize(ref _handlers, Math.Max(descriptor - _first + 1, _handlers.Length * 2));
        }
    }
}

/// <summary>Handles the events of a registered descriptor.</summary>
internal interface IRegistered
{
    /// <summary>Called by the loop's owner, between callbacks of user code.</summary>
    void OnReady(Polling.Readiness readiness);
}
