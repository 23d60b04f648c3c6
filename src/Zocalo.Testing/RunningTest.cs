using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Zocalo.Testing;

/// <summary>
/// The test that runs, for the replay line. No test framework is referenced: a loaded one is used by reflection; otherwise the stack of the
/// call is searched for a method with a test's attribute.
/// </summary>
/// <param name="Class">The test's class with its namespace; null when only the method is known, which a class may have inherited.</param>
/// <param name="Method">The test's method.</param>
internal sealed record RunningTest(string? Class, string Method)
{
    // The attributes of xunit, NUnit and MSTest, by name; base classes count too.
    private static readonly string[] s_marks =
        ["FactAttribute", "TheoryAttribute", "TestAttribute", "TestCaseAttribute", "TestCaseSourceAttribute", "TestMethodAttribute"];

    /// <summary>The test that calls this, directly or not; null when there is none or it cannot be found.</summary>
    internal static RunningTest? Find() => OfXunit() ?? OfNUnit() ?? OfStack(new StackTrace());

    /// <summary>xunit.v3 knows the test wherever its execution context flows.</summary>
    private static RunningTest? OfXunit()
    {
        var context = Current("xunit.v3.core", "Xunit.TestContext", "Current");
        return Make(Read(Read(context, "TestClass"), "TestClassName"), Read(Read(context, "TestMethod"), "MethodName"));
    }

    /// <summary>So does NUnit, from version 3 on.</summary>
    private static RunningTest? OfNUnit()
    {
        var test = Read(Current("nunit.framework", "NUnit.Framework.TestContext", "CurrentContext"), "Test");
        return Make(Read(test, "ClassName"), Read(test, "MethodName"));
    }

    private static RunningTest? Make(object? ofClass, object? method) =>
        method is string { Length: > 0 } name ? new(ofClass as string, name) : null;

    /// <summary>The outermost method with a test's attribute. A method that has resumed after an await is not on the stack any
    /// more.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "What was trimmed away is not found, and the replay line says so.")]
    internal static RunningTest? OfStack(StackTrace stack) =>
        stack.GetFrames().Select(frame => frame.GetMethod()).OfType<MethodBase>().Select(Source).LastOrDefault(IsTest) is { } test
            ? new(null, test.Name)
            : null;

    /// <summary>The method in the source: the step of a state machine belongs to an async method.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "What was trimmed away is not found, and the replay line says so.")]
    private static MethodBase Source(MethodBase method)
    {
        if (method.DeclaringType is not { DeclaringType: { } owner } machine || !typeof(IAsyncStateMachine).IsAssignableFrom(machine))
        {
            return method;
        }
        const BindingFlags Own = BindingFlags.DeclaredOnly
            | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;
        return owner.GetMethods(Own).FirstOrDefault(IsWritten) ?? method;

        bool IsWritten(MethodInfo candidate) =>
            candidate.GetCustomAttribute<AsyncStateMachineAttribute>()?.StateMachineType is { } type && Open(type) == Open(machine);

        static Type Open(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;
    }

    private static bool IsTest(MethodBase method) => method.GetCustomAttributesData().Any(static mark =>
    {
        for (var type = mark.AttributeType; type is not null; type = type.BaseType)
        {
            if (s_marks.Contains(type.Name))
            {
                return true;
            }
        }
        return false;
    });

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "A framework that was trimmed away is not asked.")]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "A framework that was trimmed away is not asked.")]
    private static object? Current(string assembly, string type, string property)
    {
        try
        {
            return AppDomain.CurrentDomain.GetAssemblies().FirstOrDefault(loaded => loaded.GetName().Name == assembly)
                ?.GetType(type)?.GetProperty(property, BindingFlags.Public | BindingFlags.Static)?.GetValue(null);
        }
        catch (TargetInvocationException)
        {
            return null;        // another version of the framework
        }
    }

    /// <summary>A property of an object, or of an interface that it implements.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "A framework that was trimmed away is not asked.")]
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "A framework that was trimmed away is not asked.")]
    private static object? Read(object? target, string property)
    {
        try
        {
            return target?.GetType().GetInterfaces().Prepend(target.GetType())
                .Select(type => type.GetProperty(property)).FirstOrDefault(found => found is not null)?.GetValue(target);
        }
        catch (Exception error) when (error is TargetInvocationException or AmbiguousMatchException)
        {
            return null;
        }
    }
}
