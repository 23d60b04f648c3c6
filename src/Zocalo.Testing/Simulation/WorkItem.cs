namespace Zocalo.Testing.Simulation;

/// <summary>One step of a simulation.</summary>
internal readonly struct WorkItem
{
    private readonly object _what;
    private readonly object? _state;

    /// <summary>Work of an engine's ready list.</summary>
    internal WorkItem(IThreadPoolWorkItem work) => _what = work;

    /// <summary>A timer that is due.</summary>
    internal WorkItem(SimulatedTimer timer) => _what = timer;

    /// <summary>What goes on after an await.</summary>
    internal WorkItem(SendOrPostCallback callback, object? state) => (_what, _state) = (callback, state);

    /// <summary>Only what asked for the simulation's context gets it. The rest runs without any, so that an await with <c>ConfigureAwait(false)</c> goes on inside the call that completes it, here, and not on the thread pool.</summary>
    internal bool WantsContext => _what is SendOrPostCallback;

    internal void Run()
    {
        switch (_what)
        {
            case SendOrPostCallback callback:
                callback(_state);
                break;
            case SimulatedTimer timer:
                timer.Fire();
                break;
            case IThreadPoolWorkItem work:
                work.Execute();
                break;
        }
    }

    /// <summary>Names the code, as well as it can: for the report of an escape.</summary>
    public override string ToString() => _state switch
    {
        Action { Target: { } target } => Name(target),
        { } state => Name(state),
        null => Name(_what),
    };

    private static string Name(object target)
    {
        var type = target.GetType();
        // An async method's state machine in its box, AsyncStateMachineBox<TStateMachine>: the method is in the machine's name, <Method>d__7.
        var machine = type.GenericTypeArguments.LastOrDefault(argument => argument.Name.StartsWith('<')) ?? type;
        var end = machine.Name.IndexOf('>', StringComparison.Ordinal);
        return end > 1 ? $"{machine.DeclaringType?.Name}.{machine.Name[1..end]}" : machine.Name;
    }
}
