"""Writes torch_files/, which state_dict_test.cpp reads: what torch.save writes, in its forms.

python write_torch_files.py     with torch 2.11.0; the keys of storages in the old form are addresses, so that
                                those files differ each time
"""
import collections
import pathlib
import pickle

import torch

FOLDER = pathlib.Path(__file__).parent / 'torch_files'

types = {
    'f64': torch.tensor([0.1, -1e300], dtype=torch.float64),
    'f32': torch.arange(6.).view(2, 3),
    'f16': torch.tensor([1.5, -2], dtype=torch.float16),
    'bf16': torch.tensor([1.5, -2], dtype=torch.bfloat16),
    'i64': torch.tensor([-2**63, 2**63 - 1]),
    'i32': torch.tensor([-2**31, 2], dtype=torch.int32),
    'i16': torch.tensor([-2**15, 3], dtype=torch.int16),
    'i8': torch.tensor([-128, 4], dtype=torch.int8),
    'u8': torch.tensor([0, 1, 255], dtype=torch.uint8),
    'bool': torch.tensor([True, False]),
}

table = torch.arange(24.).view(2, 3, 4)
views = collections.OrderedDict({
    'table': table,
    'turned': table.permute(2, 0, 1),
    'part': table[1, :, 1:3],
    'row for all': table[0, 0, :2].expand(3, 2),
    'again': table,
    'one': torch.tensor(1.5),
    'none': torch.zeros(3, 0, 2),
    'größe "0"': torch.nn.Parameter(torch.tensor([7.])),
})

model = torch.nn.Linear(2, 1)
with torch.no_grad():
    model.weight.copy_(torch.tensor([[1., 2.]]))
    model.bias.fill_(3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
model(torch.ones(1, 2)).sum().backward()
optimizer.step()
with torch.no_grad():
    model.weight.copy_(torch.tensor([[1., 2.]]))
    model.bias.fill_(3)


class Before04(pickle.Pickler):
    """Describes tensors, parameters and OrderedDicts as PyTorch 0.1 on Python 2 did."""

    def persistent_id(self, obj):
        if isinstance(obj, torch.storage.TypedStorage):
            return ('storage', torch.FloatStorage, str(obj._cdata), 'cpu', obj.size(), None)

    def reducer_override(self, obj):
        if type(obj) is torch.nn.Parameter:
            return torch.nn.Parameter, (obj.data,), (True, False, collections.OrderedDict())
        if type(obj) is torch.Tensor:
            args = obj.storage(), obj.storage_offset(), tuple(obj.size()), obj.stride()
            return torch._utils._rebuild_tensor, args
        if type(obj) is collections.OrderedDict:
            return collections.OrderedDict, ([[key, value] for key, value in obj.items()],)
        return NotImplemented


def save_before_0_4(path):
    state = collections.OrderedDict(weight=torch.nn.Parameter(torch.tensor([[1., 2.]])), mean=torch.tensor([3.]))
    with open(path, 'wb') as file:
        pickle.dump(torch.serialization.MAGIC_NUMBER, file, protocol=2)
        pickle.dump(torch.serialization.PROTOCOL_VERSION, file, protocol=2)
        pickle.dump({'protocol_version': 1001, 'little_endian': True}, file, protocol=2)
        Before04(file, protocol=2).dump(state)
        storages = [tensor.storage() for tensor in state.values()]
        pickle.dump([str(storage._cdata) for storage in storages], file, protocol=2)
        file.flush()
        for storage in storages:
            storage._write_file(file, True, True, storage.element_size())


def save(name, value, **how):
    torch.save(value, FOLDER / name, **how)


FOLDER.mkdir(exist_ok=True)
for name, state in ('types', types), ('views', views), ('model', model.state_dict()):
    save(f'{name}.pth', state)
    save(f'{name}_old.pth', state, _use_new_zipfile_serialization=False)
save('protocol4.pth', model.state_dict(), pickle_protocol=4)
save('checkpoint.pth', {'epoch': 3, 'loss': 0.5, 'model': model.state_dict(), 'optimizer': optimizer.state_dict()})
save('whole_model.pth', model)
save_before_0_4(FOLDER / 'before_0_4.pth')

for path in sorted(FOLDER.iterdir()):  # PyTorch reads them itself
    loaded = torch.load(path, weights_only=path.stem not in ('whole_model', 'protocol4'))
    print(path.name, path.stat().st_size, list(loaded) if isinstance(loaded, dict) else type(loaded))
