using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Zocalo.Tests.Architecture;

/// <summary>One folder's code names a type of another folder.</summary>
/// <param name="From">The folder of the code.</param>
/// <param name="To">The folder of the type that it names.</param>
/// <param name="Example">Where, for people.</param>
internal sealed record FolderUse(string From, string To, string Example);

/// <summary>
/// Which folder of an assembly's sources uses which, read from what the compiler wrote: signatures, fields and method bodies give the
/// types, the PDB gives the file that each is written in. Text would miss whatever is named without its namespace.
/// </summary>
/// <remarks>A constant is compiled into its user, and <c>nameof</c> into a string: neither shows.</remarks>
internal sealed class FolderUses : IDisposable
{
    // TypeDefinitionDocuments (portable PDB): the files of a type that has no code.
    private static readonly Guid TypeDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

    private static readonly Dictionary<ushort, OperandType> Operands = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (ushort)code.Value, code => code.OperandType);

    private readonly PEReader _image;
    private readonly MetadataReaderProvider _symbolsProvider;
    private readonly MetadataReader _types;
    private readonly MetadataReader _symbols;
    private readonly string _root;
    private readonly Func<string, string?> _folderOf;
    private readonly Dictionary<TypeDefinitionHandle, string?> _folders = [];
    private readonly Dictionary<(string From, string To), string> _found = [];

    private FolderUses(string assembly, string root, Func<string, string?> folderOf)
    {
        _image = new PEReader(File.OpenRead(assembly));
        Assert.True(_image.TryOpenAssociatedPortablePdb(assembly, File.OpenRead, out var provider, out _));
        (_symbolsProvider, _types) = (provider!, _image.GetMetadataReader());
        (_symbols, _root, _folderOf) = (provider!.GetMetadataReader(), $"/{root}/", folderOf);
    }

    /// <param name="assembly">The path of what was compiled.</param>
    /// <param name="root">Where its sources are, as the end of a path: <c>src/Zocalo</c>.</param>
    /// <param name="folderOf">Gives a file's folder, of its path below the root; null: it does not count.</param>
    internal static IReadOnlyList<FolderUse> Read(string assembly, string root, Func<string, string?> folderOf)
    {
        using var reader = new FolderUses(assembly, root, folderOf);
        foreach (var type in reader._types.TypeDefinitions)
        {
            reader.ReadType(type);
        }
        return [.. reader._found.Select(use => new FolderUse(use.Key.From, use.Key.To, use.Value)).OrderBy(use => (use.From, use.To))];
    }

    public void Dispose()
    {
        _symbolsProvider.Dispose();
        _image.Dispose();
    }

    private void ReadType(TypeDefinitionHandle handle)
    {
        var type = _types.GetTypeDefinition(handle);
        var name = _types.GetString(type.Name);
        var used = new UsedTypes(_types);
        used.Add(type.BaseType);
        foreach (var each in type.GetInterfaceImplementations())
        {
            used.Add(_types.GetInterfaceImplementation(each).Interface);
        }
        foreach (var field in type.GetFields())
        {
            _types.GetFieldDefinition(field).DecodeSignature(used, null);
        }
        Note(FolderOf(handle), used, name);
        foreach (var method in type.GetMethods())
        {
            ReadMethod(handle, method, name);
        }
    }

    private void ReadMethod(TypeDefinitionHandle type, MethodDefinitionHandle handle, string typeName)
    {
        var method = _types.GetMethodDefinition(handle);
        var used = new UsedTypes(_types);
        method.DecodeSignature(used, null);
        if (method.RelativeVirtualAddress != 0)
        {
            var body = _image.GetMethodBody(method.RelativeVirtualAddress);
            if (!body.LocalSignature.IsNil)
            {
                _types.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(used, null);
            }
            foreach (var region in body.ExceptionRegions)
            {
                used.Add(region.CatchType);
            }
            ReadCode(body.GetILReader(), used);
        }
        Note(FileOf(handle) is { } file ? _folderOf(file) : FolderOf(type), used, $"{typeName}.{_types.GetString(method.Name)}");
    }

    private static void ReadCode(BlobReader code, UsedTypes used)
    {
        while (code.RemainingBytes > 0)
        {
            ushort value = code.ReadByte();
            value = value == 0xFE ? (ushort)(0xFE00 | code.ReadByte()) : value;
            switch (Operands[value])
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    used.Add(MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    var targets = code.ReadInt32();
                    code.Offset += 4 * targets;
                    break;
                case var operand:
                    code.Offset += SizeOf(operand);
                    break;
            }
        }
    }

    private static int SizeOf(OperandType operand) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        _ => 4,
    };

    private void Note(string? from, UsedTypes used, string example)
    {
        foreach (var type in used.Found)
        {
            if (from is not null && FolderOf(type) is { } to && to != from)
            {
                _found.TryAdd((from, to), $"{example} uses {_types.GetString(_types.GetTypeDefinition(type).Name)}");
            }
        }
    }

    /// <summary>A nested type without code of its own is in the folder of the type around it. A closure, an iterator or an async method's
    /// state is in the folder of its method: a partial class may lie in two.</summary>
    private string? FolderOf(TypeDefinitionHandle handle)
    {
        if (_folders.TryGetValue(handle, out var folder))
        {
            return folder;
        }
        var type = _types.GetTypeDefinition(handle);
        var around = type.GetDeclaringType();
        folder = MainFileOf(handle, type) is { } file ? _folderOf(file) : around.IsNil ? null : FolderOf(around);
        _folders.Add(handle, folder);
        return folder;
    }

    /// <summary>Of a type in several files, the one that is named after it.</summary>
    private string? MainFileOf(TypeDefinitionHandle handle, TypeDefinition type)
    {
        var files = type.GetMethods().Select(FileOf).Concat(DocumentsOf(handle)).OfType<string>().Distinct().ToList();
        var name = _types.GetString(type.Name).Split('`')[0];
        return files.Find(file => Path.GetFileName(file) == name + ".cs")
            ?? files.Find(file => Path.GetFileName(file).StartsWith(name, StringComparison.Ordinal)) ?? files.FirstOrDefault();
    }

    private IEnumerable<string?> DocumentsOf(TypeDefinitionHandle handle)
    {
        foreach (var each in _symbols.GetCustomDebugInformation(handle).Select(_symbols.GetCustomDebugInformation))
        {
            if (_symbols.GetGuid(each.Kind) == TypeDocuments)
            {
                var blob = _symbols.GetBlobReader(each.Value);
                while (blob.RemainingBytes > 0)
                {
                    yield return FileOf(MetadataTokens.DocumentHandle(blob.ReadCompressedInteger()));
                }
            }
        }
    }

    private string? FileOf(MethodDefinitionHandle handle)
    {
        var code = _symbols.GetMethodDebugInformation(handle.ToDebugInformationHandle());
        var document = code.Document;
        return FileOf(document.IsNil ? code.GetSequencePoints().Select(point => point.Document).FirstOrDefault() : document);
    }

    /// <returns>The path below the root; null for what a generator wrote, or nobody.</returns>
    private string? FileOf(DocumentHandle handle)
    {
        if (handle.IsNil)
        {
            return null;
        }
        var path = _symbols.GetString(_symbols.GetDocument(handle).Name).Replace('\\', '/');
        var at = path.LastIndexOf(_root, StringComparison.Ordinal);
        return at < 0 || path.Contains("/artifacts/", StringComparison.Ordinal) ? null : path[(at + _root.Length)..];
    }
}
