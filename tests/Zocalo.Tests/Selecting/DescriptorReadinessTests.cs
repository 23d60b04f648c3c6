using System.IO.Pipes;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Zocalo.Engines.System;
using static Zocalo.Tests.Selecting.Ways;

namespace Zocalo.Tests.Selecting;

/// <summary>Everything else that has a descriptor, on Unix.</summary>
public class DescriptorReadinessTests
{
    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public void A_pipe_is_readable_when_bytes_or_the_end_have_come(string way)
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var end = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
        Assert.Equal(WatchFor.None, Ask(way, end.SafePipeHandle, Everything, TimeSpan.Zero));
        pipe.Write([1]);
        Assert.Equal(WatchFor.Reading, Ask(way, end.SafePipeHandle, Everything, Patience));
        Assert.Equal(1, end.Read(new byte[10]));
        Assert.Equal(WatchFor.None, Ask(way, end.SafePipeHandle, Everything, TimeSpan.Zero));
        pipe.Dispose();
        Assert.Equal(WatchFor.Reading, Ask(way, end.SafePipeHandle, Everything, Patience));
        Assert.Equal(0, end.Read(new byte[10]));
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public async Task A_pipe_is_writable_while_there_is_room(string way)
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var end = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
        while (Selector.IsWritable(pipe.SafePipeHandle))
        {
            pipe.Write(new byte[4096]);     // what poll promises to fit, pipe(7)
        }
        Assert.Equal(WatchFor.None, Ask(way, pipe.SafePipeHandle, Everything, TimeSpan.Zero));
        var waiting = OnAThread(() => Ask(way, pipe.SafePipeHandle, WatchFor.Writing, Patience));
        Assert.Equal(4096, end.Read(new byte[4096]));
        Assert.Equal(WatchFor.Writing, await waiting);
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public void A_full_pipe_that_nobody_reads_any_more_is_an_error(string way)
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        var end = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
        while (Selector.IsWritable(pipe.SafePipeHandle))
        {
            pipe.Write(new byte[4096]);
        }
        end.Dispose();
        pipe.DisposeLocalCopyOfClientHandle();
        Assert.Equal(Everything, Ask(way, pipe.SafePipeHandle, Everything, Patience));
        Assert.Throws<IOException>(() => pipe.Write([1]));
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public void A_hang_up_that_nobody_asked_for_neither_ends_a_wait_nor_burns_the_processor(string way)
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var end = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
        Ask(way, end.SafePipeHandle, Everything, TimeSpan.Zero);        // compiled, so that the time below is the wait's
        pipe.Dispose();
        var before = Unix.ThreadTime();
        Assert.Equal(WatchFor.None, Ask(way, end.SafePipeHandle, WatchFor.Exceptional, 5 * Moment));
        Assert.InRange(Unix.ThreadTime() - before, TimeSpan.Zero, Moment / 2);
    }

    [Theory]
    [MemberData(nameof(Kept), MemberType = typeof(Ways))]
    public void A_hang_up_is_told_once_it_is_asked_for(string way)
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var end = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
        using var selector = Keep(way);
        selector.Add(end.SafePipeHandle, WatchFor.Exceptional);
        pipe.Dispose();
        Assert.True(selector.Wait(Moment).IsEmpty);
        selector.Modify(end.SafePipeHandle, WatchFor.Reading);
        Assert.Equal([end.SafePipeHandle], selector.Wait(Patience).Readable);
        Assert.Equal([end.SafePipeHandle], selector.Wait(Patience).Readable);
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public void An_eventfd_is_readable_once_it_is_signalled(string way)
    {
        var signal = new EventDescriptor();
        var thing = Selectable.FromDescriptor(signal.Descriptor);
        Assert.Equal(WatchFor.Writing, Ask(way, thing, Everything, TimeSpan.Zero));
        signal.Signal();
        Assert.Equal(WatchFor.Reading | WatchFor.Writing, Ask(way, thing, Everything, Patience));
        signal.Clear();
        Assert.Equal(WatchFor.None, Ask(way, thing, WatchFor.Reading, TimeSpan.Zero));
        signal.Close();
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public void A_terminal_is_readable_when_its_user_has_typed_a_line(string way)
    {
        var (keyboard, terminal) = Unix.OpenTerminal();
        using var typing = new FileStream(keyboard, FileAccess.ReadWrite, bufferSize: 0);
        using var reading = new FileStream(terminal, FileAccess.ReadWrite, bufferSize: 0);
        Assert.Equal(WatchFor.Writing, Ask(way, terminal, Everything, Patience));
        typing.Write("hel"u8);
        Assert.Equal(WatchFor.None, Ask(way, terminal, WatchFor.Reading, Moment));      // a terminal gives lines
        typing.Write("lo\n"u8);
        Assert.Equal(WatchFor.Reading, Ask(way, terminal, WatchFor.Reading, Patience));
        var line = new byte[100];
        Assert.Equal("hello\n", Encoding.ASCII.GetString(line, 0, reading.Read(line)));
        Assert.Equal(WatchFor.None, Ask(way, terminal, WatchFor.Reading, TimeSpan.Zero));
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public void A_terminal_that_was_closed_is_readable(string way)
    {
        var (keyboard, terminal) = Unix.OpenTerminal();
        using (keyboard)
        {
            Assert.Equal(WatchFor.None, Ask(way, keyboard, WatchFor.Reading, TimeSpan.Zero));
            terminal.Dispose();
            Assert.Equal(WatchFor.Reading, Ask(way, keyboard, WatchFor.Reading | WatchFor.Exceptional, Patience));
        }
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public void A_regular_file_is_always_ready_even_at_its_end(string way)
    {
        var path = Path.GetTempFileName();
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite))
        {
            Assert.Equal(WatchFor.Reading | WatchFor.Writing, Ask(way, file, Everything, Patience));
            Assert.Equal(WatchFor.Writing, Ask(way, file, WatchFor.Writing, Patience));
            Assert.Equal(WatchFor.None, Ask(way, file, WatchFor.Exceptional, Moment));
        }
        File.Delete(path);
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public void A_file_among_others_hides_nobody(string way)
    {
        using var file = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite);
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            server.Send([1]);
            Ask(way, client, WatchFor.Reading, Patience);
            var (readable, writable, exceptional) = Ask(way, [file, client, server], [server, file], [file, client], Patience);
            Assert.Equal([file, client], readable);
            Assert.Equal([server, file], writable);
            Assert.Empty(exceptional);
        }
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public void Standard_input_is_descriptor_0(string way)
    {
        Assert.Equal(Selectable.FromDescriptor(0), Selectable.StandardInput);
        var asked = Ask(way, Selectable.StandardInput, WatchFor.Reading, TimeSpan.Zero);
        Assert.Equal(Selector.IsReadable(new SafeFileHandle(0, ownsHandle: false)), asked == WatchFor.Reading);
    }

    [Theory]
    [MemberData(nameof(Once), MemberType = typeof(Ways))]
    public void One_descriptor_may_come_under_several_names(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            Selectable handle = client.SafeHandle, number = Selectable.FromDescriptor((int)client.Handle);
            var (readable, writable, _) = Ask(way, [client, handle], [handle, number, client], [number], Patience);
            Assert.Empty(readable);
            Assert.Equal([handle, number, client], writable);
        }
    }
}
