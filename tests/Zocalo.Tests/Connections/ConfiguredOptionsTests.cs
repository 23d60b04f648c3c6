using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Zocalo.Tests.Connections;

/// <summary>Options that a configuration binder fills in, and what must not change by it: everybody else's.</summary>
public sealed class ConfiguredOptionsTests
{
    public static TheoryData<Type> All => [.. Holders, typeof(ConnectionOptions), typeof(MessagingOptions), typeof(AdmissionOptions)];

    /// <summary>Those that hold other options.</summary>
    private static Type[] Holders => [typeof(ServerOptions), typeof(ConnectOptions), typeof(ListenOptions)];

    [Theory]
    [MemberData(nameof(All))]
    public void Every_option_is_bound_and_no_others_instance_is_filled_in(Type type)
    {
        var pristine = DefaultOf(type);
        var settings = new Dictionary<string, string?>();
        Describe(type, "", settings);
        var section = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();

        var bound = section.Get(type)!;
        var filled = Activator.CreateInstance(type)!;
        section.Bind(filled);
        var copied = Copy(Activator.CreateInstance(type)!);
        section.Bind(copied);

        foreach (var options in new[] { bound, filled, copied })
        {
            AssertBound(options, "", settings);
        }
        Assert.Equal(pristine, DefaultOf(type));
        Assert.Equal(pristine, Activator.CreateInstance(type));
        section.Bind(DefaultOf(type));      // an odd wish; but it changes nobody's
        Assert.Equal(pristine, DefaultOf(type));
    }

    [Fact]
    public void Nested_options_are_never_a_shared_instance()
    {
        foreach (var type in Holders)
        {
            foreach (var nested in type.GetProperties().Where(property =>
                property.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal)))
            {
                var one = Activator.CreateInstance(type)!;
                Assert.NotSame(nested.GetValue(one), nested.GetValue(Activator.CreateInstance(type)));
                Assert.NotSame(nested.GetValue(one), nested.GetValue(DefaultOf(type)));
                Assert.NotSame(nested.GetValue(one), DefaultOf(nested.PropertyType));
                Assert.NotSame(nested.GetValue(one), nested.GetValue(Copy(one)));
                Assert.Equal(one, Copy(one));
            }
        }
        var limits = new ConnectionOptions { ReceiveLimit = 5000 };
        Assert.NotSame(limits, new ServerOptions { Connection = limits }.Connection);
        Assert.Equal(limits, new ServerOptions { Connection = limits }.Connection);
        Assert.Throws<ArgumentNullException>(() => new ListenOptions { Connection = null! });
    }

    /// <summary>Whatever is added to options later is copied as well.</summary>
    [Fact]
    public void A_copy_has_every_value_of_the_original()
    {
        var server = new ServerOptions
        {
            Engine = Engine.Threads,
            Placement = HandlerPlacement.Pool,
            Backlog = 3,
            PerLoop = true,
            UnixMode = UnixFileMode.GroupWrite,
            Admission = new() { PerAddress = 4 },
            MaxConnections = 5,
            DrainTimeout = TimeSpan.FromSeconds(7),
            DrainGrace = TimeSpan.FromSeconds(8),
            Connection = new() { ReceiveLimit = 4097 },
            Messaging = new() { InboxCapacity = 9 },
            Deadlines = new() { FirstByte = TimeSpan.FromSeconds(3) },
            Logger = new Serving.ListLogger(),
            Time = new Zocalo.Testing.FakeTime(),
            MeterFactory = new Telemetry.OwnMeter(),
            Ended = static (_, _) => { },
            ControlSocket = new("/run/x.zocalo"),
        };
        var connect = new ConnectOptions
        {
            Engine = server.Engine,
            Timeout = server.DrainTimeout,
            Source = "127.0.0.2:0",
            Connection = server.Connection,
            Messaging = server.Messaging,
            Deadlines = server.Deadlines,
            Logger = server.Logger,
            Time = server.Time,
            MeterFactory = server.MeterFactory,
        };
        var listen = new ListenOptions
        {
            Engine = server.Engine,
            Backlog = server.Backlog,
            PerLoop = server.PerLoop,
            UnixMode = server.UnixMode,
            Admission = server.Admission,
            Connection = server.Connection,
            Deadlines = server.Deadlines,
            Logger = server.Logger,
            Time = server.Time,
        };
        foreach (var options in new object[] { server, connect, listen })
        {
            foreach (var property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
            {
                var value = property.GetValue(options);
                Assert.NotEqual(property.GetValue(Activator.CreateInstance(options.GetType())), value);      // or the example lacks it
                Assert.Equal(value, property.GetValue(Copy(options)));
            }
        }
    }

    [Theory]
    [InlineData("async")]
    [InlineData("Threads")]
    [InlineData("select")]
    [InlineData("EPOLL")]
    [InlineData(" epoll , strict ")]
    [InlineData("auto")]
    public void An_engine_is_bound_by_its_name(string name)
    {
        if (!Engine.TryCreate(name.Split(',')[0].Trim(), out var engine, out var reason))
        {
            Assert.Skip(reason);
        }
        Assert.Same(engine, Bind<ServerOptions>(name).Engine);
        Assert.Same(engine, Bind<ListenOptions>(name).Engine);
        Assert.Same(engine, Bind<ConnectOptions>(name).Engine);
    }

    [Theory]
    [InlineData("epol")]
    [InlineData("")]
    [InlineData("epoll,strickt")]
    public void An_engine_that_there_is_not_fails_with_the_sentence_of_TryChoose(string name)
    {
        Assert.False(Engine.TryChoose(name, null, out _, out var sentence));
        var error = Assert.Throws<InvalidOperationException>(() => Bind<ServerOptions>(name));
        Assert.Equal(sentence, error.GetBaseException().Message);
    }

    [Theory]
    [InlineData("tcp://127.0.0.1:80")]
    [InlineData("unix:")]
    public void A_control_socket_that_is_no_unix_socket_fails_with_a_sentence(string address)
    {
        var section = new ConfigurationBuilder().AddInMemoryCollection([new("ControlSocket", address)]).Build();
        var error = Assert.Throws<InvalidOperationException>(() => section.Get<ServerOptions>());
        Assert.IsType<AddressException>(error.GetBaseException());
    }

    private static T Bind<T>(string engine) =>
        new ConfigurationBuilder().AddInMemoryCollection([new("Engine", engine)]).Build().Get<T>()!;

    private static object DefaultOf(Type type) => type.GetProperty("Default")!.GetValue(null)!;

    /// <summary>What <c>with { }</c> does.</summary>
    private static object Copy(object record) => record.GetType().GetMethod("<Clone>$")!.Invoke(record, null)!;

    private static bool IsOptions(Type type) =>
        type.Name.EndsWith("Options", StringComparison.Ordinal) || type == typeof(Deadlines);

    /// <summary>What only code can give.</summary>
    private static Type[] OfCode =>
    [
        typeof(ILogger), typeof(TimeProvider), typeof(Admission), typeof(ReadOnlyMemory<byte>),
        typeof(IMeterFactory), typeof(Action<Connection, ConnectionEnd>),
    ];

    /// <summary>A setting that is not the default, for each option that a text can say.</summary>
    private static void Describe(Type type, string path, Dictionary<string, string?> settings)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (IsOptions(property.PropertyType))
            {
                Describe(property.PropertyType, $"{path}{property.Name}:", settings);
            }
            else if (property.PropertyType == typeof(IReadOnlyList<string>))
            {
                settings[$"{path}{property.Name}:0"] = $"10.{settings.Count}.0.0/16";
            }
            else if (!OfCode.Contains(property.PropertyType))
            {
                settings[path + property.Name] = (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) switch
                {
                    var number when number == typeof(int) || number == typeof(int?) =>
                        (4099 + settings.Count).ToString(CultureInfo.InvariantCulture),
                    var time when time == typeof(TimeSpan) => $"00:00:{11 + settings.Count}",
                    var flag when flag == typeof(bool) => "true",
                    var some when some.IsEnum => Enum.GetNames(some)[1],
                    var engine when engine == typeof(Engine) => "threads",
                    var budget when budget == typeof(BufferBudget) =>
                        (BufferBudget.Least + settings.Count).ToString(CultureInfo.InvariantCulture),
                    var address when address == typeof(Address) => "tcp://127.0.0.2:0",
                    var unix when unix == typeof(UnixAddress) => "unix:/run/x.zocalo",
                    _ =>
                        throw new NotSupportedException(
                            $"How is {property} bound? Say it here, and see that it is not left out in silence."),
                };
            }
        }
    }

    private static void AssertBound(object options, string path, Dictionary<string, string?> settings)
    {
        foreach (var property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (IsOptions(property.PropertyType))
            {
                AssertBound(property.GetValue(options)!, $"{path}{property.Name}:", settings);
            }
            else if (settings.TryGetValue($"{path}{property.Name}:0", out var first))
            {
                Assert.Equal([first!], (IReadOnlyList<string>)property.GetValue(options)!);
            }
            else if (settings.TryGetValue(path + property.Name, out var setting))
            {
                Assert.Equal(setting, Convert.ToString(property.GetValue(options), CultureInfo.InvariantCulture), ignoreCase: true);
            }
        }
    }
}
